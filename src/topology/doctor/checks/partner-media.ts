import { hostOf } from '../endpoint.ts';
import { type Expected, naming, natFor, rulesFor } from '../expected.ts';
import type { Facts, PartnerWay, TargetFacts } from '../facts.ts';
import { fault, ok, type Result, unknown } from '../result.ts';

/** Media between this edge and a partner's that is not a client's or a relay's UDP: the observer stood in for the partner. */
export function partnerMedia({ targets, expected }: Facts): Result[] {
  return targets.flatMap(target => (target.partner ?? []).map(way => judged(expected, target, way)));
}

function judged(expected: Expected, target: TargetFacts, way: PartnerWay): Result {
  const subject = `${target.address}, ${wayText(way)}`;
  if (way.outcome === 'untried') return unknown('partner-media', subject, why(way));
  if (way.outcome === 'lost') return lost(expected, target, way, subject);
  const from = way.from === undefined ? undefined : hostOf(way.from);
  if (way.direction === 'out' && from !== undefined && !expected.told.includes(from)) {
    return misplaced(expected, subject, from);
  }
  return ok('partner-media', subject, way.from === undefined ? 'gets through' : `came from ${way.from}`);
}

function wayText({ direction, protocol, port }: PartnerWay): string {
  const packets = `${protocol.toUpperCase()} ${port}`;
  return direction === 'in' ? `${packets} from a partner` : `${packets} of a partner`;
}

function why(way: PartnerWay): string {
  return way.why ?? 'not tried';
}

function lost(expected: Expected, { family }: TargetFacts, way: PartnerWay, subject: string): Result {
  const { direction, protocol, port } = way;
  const rules = rulesFor(expected, direction, protocol, family, port);
  const reasons = expected.rules.filter(({ id }) => rules.includes(id)).map(rule => rule.why);
  return fault('partner-media', subject, {
    id: 'partner-blocked',
    place: 'firewall',
    seen: direction === 'in' ? 'what we sent did not arrive' : 'what the edge sent did not arrive',
    means: `Media with partners is blocked. ${reasons.join(' ')}`.trimEnd(),
    change: `let ${direction} ${naming(rules, `${protocol.toUpperCase()} ${port}`)}`,
    rules,
  });
}

function misplaced(expected: Expected, subject: string, from: string): Result {
  const rules = natFor(expected, 'out');
  return fault('partner-media', subject, {
    id: 'leaves-by-another-address',
    place: 'nat',
    seen: `it came from ${from}`,
    means: `Partners know this edge as ${expected.told.join(', ')}, and drop what comes from another address.`,
    change: `have the NAT use the public address in both directions: ${naming(rules, 'ChangeSRC')}`,
    rules,
  });
}
