import type { Plan } from '../plan.ts';
import type { PortRange, Rule } from '../rule.ts';
import { type Box, minusAll, within } from './box.ts';
import { evaluate, type Outcome, TooManyPieces } from './evaluate.ts';
import { answersTo, boxesOf, type Inquiry, inquiriesOf, loopbackInquiry } from './inquiries.ts';
import type { FirewallRule, Ruleset } from './ruleset.ts';
import { boxText } from './words.ts';

/** Something between a plan and a ruleset that ought to be changed, or looked at. */
export interface Finding {
  readonly kind: 'missing' | 'too-wide' | 'unneeded' | 'unknown';
  /** The planned rule, where there is one. */
  readonly rule: string | undefined;
  /** Where the ruleset is to be changed: a chain and handle, a line, a policy. */
  readonly place: string;
  readonly what: string;
  readonly change: string;
}

export interface VerifyOptions {
  readonly at: 'edge' | 'perimeter';
  /** Interface names by side, as far as they are known. */
  readonly relayPorts: PortRange;
  readonly devices: { readonly external: string | undefined; readonly internal: string | undefined };
}

/**
 * What a ruleset lacks and lets through too much. It must let through every packet of `least`; beyond `most` it may let through none:
 * the same plan, or the one for firewalls that know destinations only.
 */
export function verify(least: Plan, most: Plan, ruleset: Ruleset, options: VerifyOptions): Finding[] {
  try {
    const judged = inquiriesOf(least, options).map(inquiry => judge(inquiry, most, ruleset));
    return [
      ...judged.flatMap(({ missing }) => missing),
      ...least.rules.flatMap(rule => answersMissing(rule, ruleset, options)),
      ...loopbackMissing(least, ruleset, options),
      ...surplus(judged.flatMap(({ wide }) => wide)),
    ];
  } catch (error) {
    if (!(error instanceof TooManyPieces)) throw error;
    return [unknown(undefined, 'the whole ruleset', error.message, 'verify the exported rules of the edge alone')];
  }
}

interface Wide {
  readonly place: string;
  readonly boxes: readonly Box[];
  readonly inquiry: Inquiry;
  /** Part of what it lets through is planned. */
  readonly isPartlyNeeded: boolean;
}

function judge(inquiry: Inquiry, most: Plan, ruleset: Ruleset) {
  const outcome = evaluate(ruleset, inquiry.question, inquiry.universe);
  const planned = inquiry.rules.flatMap(rule => missingOf(rule, boxesOf(rule), outcome, inquiry));
  return { missing: planned, wide: wideOf(inquiry, most, outcome) };
}

function missingOf(rule: Rule, boxes: readonly Box[], { accepted, dropped }: Outcome, inquiry: Inquiry): Finding[] {
  const never = minusAll(
    boxes,
    accepted.map(({ box }) => box),
  );
  const why = rule.uses.map(({ whom, reason }) => `${whom}: ${reason}`).join(' ');
  if (never.length > 0) {
    const place = placeOfDrop(never, dropped);
    const all = minusAll(boxes, never).length === 0;
    const lost = all ? 'is dropped' : `is dropped in part (${boxText(never[0]!, inquiry)})`;
    return [
      {
        ...{ kind: 'missing', rule: rule.id, place },
        what: `${boxText(boxes[0]!, inquiry)} ${lost}. ${why}`,
        change: `accept it before ${place}: see ${rule.id} in \`sallyport firewall plan\``,
      },
    ];
  }
  const perhaps = dropped.filter(({ box, doubt }) => doubt !== undefined && boxes.some(each => within(box, each)));
  return perhaps.length === 0 ? [] : [unknown(rule.id, perhaps[0]!.places.at(-1)!, perhaps[0]!.doubt!, LOOK)];
}

function placeOfDrop(lost: readonly Box[], dropped: Outcome['dropped']): string {
  return dropped.find(({ box }) => lost.some(each => within(box, each)))?.places.at(-1) ?? 'no chain of this hook';
}

const LOOK = 'look at this rule yourself: whether it lets the planned packets through depends on it';

function unknown(rule: string | undefined, place: string, what: string, change: string): Finding {
  return { kind: 'unknown', rule, place, what: `can't be judged: ${what}`, change };
}

function wideOf(inquiry: Inquiry, most: Plan, { accepted }: Outcome): Wide[] {
  const planned = inquiriesRules(inquiry, most).flatMap(boxesOf);
  return accepted
    .filter(({ doubt }) => doubt === undefined)
    .map(({ box, places }) => {
      const boxes = minusAll([box], planned);
      const isPartlyNeeded = planned.some(each => within(box, each) !== undefined);
      return { place: blamed(places, inquiry), boxes, inquiry, isPartlyNeeded };
    });
}

/** Of the chains that packets passed, the one to change: a rule rather than a policy, the later rather than the earlier. */
function blamed(places: readonly string[], { question }: Inquiry): string {
  return places.findLast(place => !isPolicy(place)) ?? places.at(-1) ?? `no chain of hook ${question.hook}`;
}

function isPolicy(place: string): boolean {
  return place.includes('(policy');
}

function inquiriesRules({ side, direction, question }: Inquiry, { rules }: Plan): Rule[] {
  return rules.filter(
    rule =>
      rule.side === side &&
      rule.direction === direction &&
      rule.family === question.family &&
      rule.protocol === question.protocol,
  );
}

/** One finding for each place, however many kinds of packets it lets through. */
function surplus(wide: readonly Wide[]): Finding[] {
  const places = [...new Set(wide.map(({ place }) => place))];
  return places.flatMap(place => {
    const here = wide.filter(each => each.place === place);
    const texts = [...new Set(here.flatMap(({ boxes, inquiry }) => boxes.map(box => boxText(box, inquiry))))];
    if (texts.length === 0) return [];
    const more = texts.length > 3 ? `, and ${texts.length - 3} more` : '';
    const isNeeded =
      here.some(({ isPartlyNeeded }) => isPartlyNeeded) || isPolicy(place) || place.startsWith('no chain');
    return [
      {
        ...{ kind: isNeeded ? ('too-wide' as const) : ('unneeded' as const), rule: undefined, place },
        what: `lets through what nothing configured needs: ${texts.slice(0, 3).join('; ')}${more}`,
        change: changeOf(place, isNeeded),
      },
    ];
  });
}

function changeOf(place: string, isNeeded: boolean): string {
  if (isPolicy(place)) return 'set the policy of this chain to drop';
  if (place.startsWith('no chain')) return 'load the rules of `sallyport firewall plan`: nothing is filtered';
  return isNeeded ? 'narrow it to the planned rules' : 'remove it, unless something else on this machine needs it';
}

function answersMissing(rule: Rule, ruleset: Ruleset, options: VerifyOptions): Finding[] {
  const inquiry = answersTo(rule, options);
  const { accepted, dropped } = evaluate(ruleset, inquiry.question, inquiry.universe);
  const lost = minusAll(
    inquiry.universe,
    accepted.map(({ box }) => box),
  );
  if (lost.length === 0) return [];
  return [
    {
      ...{ kind: 'missing', rule: rule.id, place: placeOfDrop(lost, dropped) },
      what: `answers to what ${rule.id} lets through are dropped: ${boxText(lost[0]!, inquiry)}`,
      change: 'accept packets of established connections (ct state established,related)',
    },
  ];
}

/** Remote and internal users meet relay to relay, which a host's own firewall sees on loopback. */
function loopbackMissing(least: Plan, ruleset: Ruleset, options: VerifyOptions): Finding[] {
  if (options.at !== 'edge') return [];
  const inquiries = (['input', 'output'] as const).flatMap(hook => loopbackInquiry(least, hook, options));
  const found = inquiries.flatMap((inquiry): Finding[] => {
    const { accepted, dropped } = evaluate(ruleset, inquiry.question, inquiry.universe);
    if (
      minusAll(
        inquiry.universe,
        accepted.map(({ box }) => box),
      ).length === 0
    )
      return [];
    return [
      {
        ...{ kind: 'missing', rule: 'edge-loopback', place: placeOfDrop(inquiry.universe, dropped) },
        what: 'packets from relay to relay, which stay on this machine, are dropped: no call between two users of this edge works',
        change: 'accept everything on interface lo',
      },
    ];
  });
  return found.slice(0, 1);
}

/** Rules whose comment has this text are the operator's own; what they let through is not looked at. */
export function without(ruleset: Ruleset, keep: readonly string[]): Ruleset {
  const isKept = ({ comment, verdict }: FirewallRule) =>
    verdict.do === 'accept' && keep.some(text => comment.includes(text));
  const chains = new Map([...ruleset.chains].map(([name, rules]) => [name, rules.filter(rule => !isKept(rule))]));
  return { ...ruleset, chains };
}
