import type { Plan } from '../plan.ts';
import type { Rule } from '../rule.ts';
import { type Box, minusAll, within } from './box.ts';
import { evaluate, type Outcome } from './evaluate.ts';
import type { Finding, VerifyOptions } from './finding.ts';
import { answersTo, boxesOf, type Inquiry, loopbackInquiry } from './inquiries.ts';
import type { Ruleset } from './ruleset.ts';
import { boxText } from './words.ts';

/** What of a planned rule never gets through, or the doubts it depends on. */
export function lackOf(rule: Rule, inquiry: Inquiry, outcome: Outcome): { missing: Finding[]; doubts: string[] } {
  const inside = boxesOf(rule).flatMap(box => inquiry.universe.flatMap(limits => within(box, limits) ?? []));
  const boxes = minusAll(inside, inquiry.exempt);
  const never = neverAccepted(boxes, outcome);
  if (never.length > 0) return { missing: [missing(rule, boxes, never, inquiry, outcome)], doubts: [] };
  const perhaps = outcome.dropped.filter(({ box }) => boxes.some(each => within(box, each)));
  return { missing: [], doubts: perhaps.flatMap(({ doubt }) => doubt ?? []) };
}

function neverAccepted(boxes: readonly Box[], { accepted }: Outcome): Box[] {
  return minusAll(
    boxes,
    accepted.map(({ box }) => box),
  );
}

function missing(
  rule: Rule,
  boxes: readonly Box[],
  never: readonly Box[],
  inquiry: Inquiry,
  outcome: Outcome,
): Finding {
  const place = placeOfDrop(never, outcome);
  const isWhole = minusAll(boxes, never).length === 0;
  const why = rule.uses.map(({ whom, reason }) => `${whom}: ${reason}`).join(' ');
  return {
    kind: 'missing',
    rules: [rule.id],
    place,
    what: `${boxText((isWhole ? boxesOf(rule) : never)[0]!, inquiry)} is dropped${isWhole ? '' : ', other packets of the rule are not'}. ${why}`,
    change: `accept it before ${place}: ${rule.id} in \`sallyport firewall plan\``,
  };
}

function placeOfDrop(lost: readonly Box[], { dropped }: Outcome): string {
  const piece = dropped.find(({ box }) => lost.some(each => within(box, each)));
  return piece?.places.at(-1) ?? 'the end of the rules';
}

/** Firewalls that keep no state drop what comes back. */
export function answersMissing(rule: Rule, plan: Plan, ruleset: Ruleset, options: VerifyOptions): Finding[] {
  const inquiry = answersTo(rule, plan, options);
  const outcome = evaluate(ruleset, inquiry.question, inquiry.universe);
  const lost = minusAll(neverAccepted(inquiry.universe, outcome), inquiry.exempt);
  if (lost.length === 0) return [];
  return [
    {
      kind: 'missing',
      rules: [rule.id],
      place: placeOfDrop(lost, outcome),
      what: `answers to what ${rule.id} lets through are dropped: ${boxText(lost[0]!, inquiry)}`,
      change: 'accept packets of established connections (ct state established,related)',
    },
  ];
}

/** Users of one edge meet relay to relay; between workers a host's own firewall sees that on loopback (ADR 15). */
export function loopbackMissing(plan: Plan, ruleset: Ruleset, options: VerifyOptions): Finding[] {
  if (options.at !== 'edge') return [];
  const lacking = (['input', 'output'] as const)
    .flatMap(hook => loopbackInquiry(plan, hook, options))
    .map(inquiry => ({ inquiry, outcome: evaluate(ruleset, inquiry.question, inquiry.universe) }))
    .find(({ inquiry, outcome }) => neverAccepted(inquiry.universe, outcome).length > 0);
  if (lacking === undefined) return [];
  return [
    {
      kind: 'missing',
      rules: [],
      place: placeOfDrop(lacking.inquiry.universe, lacking.outcome),
      what: 'packets from relay to relay are dropped, which cross loopback between workers: calls between two users of this edge fail by chance',
      change: 'accept everything on interface lo',
    },
  ];
}
