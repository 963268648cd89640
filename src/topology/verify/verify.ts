import type { Plan } from '../plan.ts';
import { evaluate, TooManyPieces } from './evaluate.ts';
import { doubtFindings, type Finding, type VerifyOptions } from './finding.ts';
import { type Inquiry, inquiriesOf } from './inquiries.ts';
import { answersMissing, lackOf, loopbackMissing } from './missing.ts';
import type { FirewallRule, Ruleset } from './ruleset.ts';
import { passedBy, surplus } from './surplus.ts';

/**
 * What a ruleset lacks and lets through too much. It must let through every packet of `least`; beyond `most` it may let through none:
 * the same plan, or the one for firewalls that know destinations only.
 */
export function verify(least: Plan, most: Plan, ruleset: Ruleset, options: VerifyOptions): Finding[] {
  try {
    const judged = inquiriesOf(least, options).map(inquiry => judge(inquiry, most, ruleset));
    const doubts = judged.flatMap(({ lacks, passed }) => [
      ...lacks.flatMap(({ id, doubts }) => doubts.map(doubt => ({ doubt, rules: [id] }))),
      ...passed.flatMap(({ doubt, beyond }) =>
        doubt === undefined || beyond.length === 0 ? [] : [{ doubt, rules: [] }],
      ),
    ]);
    return [
      ...judged.flatMap(({ lacks }) => lacks.flatMap(({ missing }) => missing)),
      ...least.rules.flatMap(rule => answersMissing(rule, least, ruleset, options)),
      ...loopbackMissing(least, ruleset, options),
      ...surplus(judged.flatMap(({ passed }) => passed)),
      ...doubtFindings(doubts),
    ];
  } catch (error) {
    if (!(error instanceof TooManyPieces)) throw error;
    return doubtFindings([{ doubt: `the whole ruleset: ${error.message}`, rules: [] }]);
  }
}

function judge(inquiry: Inquiry, most: Plan, ruleset: Ruleset) {
  const outcome = evaluate(ruleset, inquiry.question, inquiry.universe);
  return {
    lacks: inquiry.rules.map(rule => ({ id: rule.id, ...lackOf(rule, inquiry, outcome) })),
    passed: passedBy(inquiry, most, outcome),
  };
}

/** Without the rules whose comment has one of these texts: they are the operator's own. */
export function without(ruleset: Ruleset, keep: readonly string[]): Ruleset {
  const isKept = ({ comment, verdict }: FirewallRule) =>
    verdict.do === 'accept' && keep.some(text => comment.includes(text));
  const chains = new Map([...ruleset.chains].map(([name, rules]) => [name, rules.filter(rule => !isKept(rule))]));
  return { ...ruleset, chains };
}
