import type { Config } from '../control/config/index.ts';
import { formatIp } from '../wire/index.ts';
import { type Plan, type PlanOptions, planOf } from './plan.ts';

/**
 * One plan for all edges behind the same router: two tables that each drop what they don't know would shut each other's edge. Ids end in
 * the edge's address, since each has its own rule for the same port.
 */
export function planOfAll(configs: readonly Config[], options: PlanOptions): Plan {
  const plans = configs.map(config => planOf(config, options));
  if (plans.length === 1) return plans[0]!;
  return {
    policy: options.policy,
    rules: plans.flatMap(({ rules }, i) =>
      rules.map(rule => ({ ...rule, id: `${rule.id}-${addressOf(configs[i]!)}` })),
    ),
    nat: plans.flatMap(({ nat }) => nat),
    dns: unique(plans.flatMap(({ dns }) => dns)),
    certificates: unique(plans.flatMap(({ certificates }) => certificates)),
    notes: [...new Set(plans.flatMap(({ notes }) => notes))],
  };
}

function addressOf({ external }: Config): string {
  return formatIp(external.addresses[0]!);
}

/** Edges of a pool share their names. */
function unique<T>(records: readonly T[]): T[] {
  const texts = records.map(record => JSON.stringify(record));
  return records.filter((_, i) => texts.indexOf(texts[i]!) === i);
}
