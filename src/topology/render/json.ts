import { formatIp } from '../../wire/index.ts';
import type { Translation } from '../nat.ts';
import type { Plan } from '../plan.ts';
import { portsText, prefixText, type Rule } from '../rule.ts';
import { shows, type View } from './view.ts';

/** For programs; docs/firewall.md describes it. `sallyport firewall verify --rules` reads it back. */
export function renderJson(plan: Plan, { what }: View): string {
  const { policy, rules, nat, dns, certificates, notes } = plan;
  return `${JSON.stringify(
    {
      version: 1,
      policy,
      ...(shows(what, 'rules') && { rules: rules.map(ruleAsJson) }),
      ...(shows(what, 'nat') && { nat: nat.map(translationAsJson) }),
      ...(shows(what, 'dns') && { dns, certificates }),
      notes,
    },
    null,
    2,
  )}\n`;
}

export function ruleAsJson(rule: Rule) {
  const { id, side, direction, family, protocol, feature, uses } = rule;
  return {
    id,
    side,
    direction,
    family,
    protocol,
    source: rule.source.length === 0 ? ['any'] : rule.source.map(prefixText),
    sourcePorts: portsText(rule.sourcePorts),
    destination: rule.destination.length === 0 ? ['any'] : rule.destination.map(prefixText),
    destinationPorts: portsText(rule.destinationPorts),
    feature,
    uses,
  };
}

export function translationAsJson({ publicAddress, ownAddress, ...rest }: Translation) {
  return { ...rest, publicAddress: formatIp(publicAddress), ownAddress: formatIp(ownAddress), ports: 'unchanged' };
}
