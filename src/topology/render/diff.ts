import { formatIp } from '../../wire/index.ts';
import { isEmpty, type PlanDiff } from '../diff.ts';
import { type Rule, trafficText } from '../rule.ts';
import { ruleAsJson, translationAsJson } from './json.ts';
import { oneLine } from './text.ts';

/** For people: what to open and what to close, each with its reasons. */
export function diffText(diff: PlanDiff): string {
  if (isEmpty(diff)) return 'Nothing to open, nothing to close.\n';
  const { open, close, keep, translate, names } = diff;
  const sections = [
    section('Open', open.flatMap(ruleLines('+'))),
    section('Close', close.flatMap(ruleLines('-'))),
    section(
      'Keep, for other reasons',
      keep.flatMap(({ after }) => ruleLines('=')(after)),
    ),
    section('NAT', [
      ...translate.added.map(t => `+ ${t.id}: ${formatIp(t.publicAddress)} and ${formatIp(t.ownAddress)}`),
      ...translate.removed.map(t => `- ${t.id}: ${formatIp(t.publicAddress)} and ${formatIp(t.ownAddress)}`),
    ]),
    section('DNS', [
      ...names.added.map(d => `+ ${d.view} ${d.owner} ${d.type} ${d.value}`),
      ...names.removed.map(d => `- ${d.view} ${d.owner} ${d.type} ${d.value}`),
    ]),
  ];
  return `${sections.filter(text => text !== '').join('\n\n')}\n`;
}

export function diffAsJson({ open, close, keep, translate, names }: PlanDiff) {
  return {
    version: 1,
    open: open.map(ruleAsJson),
    close: close.map(ruleAsJson),
    keep: keep.map(({ after }) => ruleAsJson(after)),
    nat: {
      added: translate.added.map(translationAsJson),
      removed: translate.removed.map(translationAsJson),
    },
    dns: names,
  };
}

function section(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [heading, ...lines.map(line => `  ${line}`)].join('\n');
}

function ruleLines(mark: string): (rule: Rule) => string[] {
  return rule => [
    `${mark} ${rule.id}: ${trafficText(rule)}`,
    ...rule.uses.map(({ whom, reason, origin }) => `    ${oneLine(`${whom}: ${reason} (${origin})`)}`),
  ];
}
