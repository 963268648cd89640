import type { Plan } from './plan.ts';
import { type Rule, trafficText } from './rule.ts';

/** What to change around an edge when its configuration changes from one to another. */
export interface PlanDiff {
  readonly open: readonly Rule[];
  readonly close: readonly Rule[];
  /** Rules that stay, for other reasons or partners than before. */
  readonly keep: readonly { readonly before: Rule; readonly after: Rule }[];
  readonly translate: Changes<Plan['nat'][number]>;
  readonly names: Changes<Plan['dns'][number]>;
}

export interface Changes<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
}

export function diffOf(before: Plan, after: Plan): PlanDiff {
  const rules = changes(before.rules, after.rules, trafficText);
  const kept = before.rules.flatMap(rule => {
    const still = after.rules.find(other => trafficText(other) === trafficText(rule));
    return still === undefined || usesText(still) === usesText(rule) ? [] : [{ before: rule, after: still }];
  });
  return {
    open: rules.added,
    close: rules.removed,
    keep: kept,
    translate: changes(before.nat, after.nat, t => `${t.id} ${JSON.stringify(t.ownAddress)}`),
    names: changes(before.dns, after.dns, ({ view, owner, type, value }) => [view, owner, type, value].join(' ')),
  };
}

export function isEmpty({ open, close, keep, translate, names }: PlanDiff): boolean {
  const lists = [open, close, keep, translate.added, translate.removed, names.added, names.removed];
  return lists.every(list => list.length === 0);
}

function usesText({ uses }: Rule): string {
  return uses.map(({ whom, reason }) => `${whom}: ${reason}`).join('\n');
}

function changes<T>(before: readonly T[], after: readonly T[], key: (item: T) => string): Changes<T> {
  const [old, new_] = [new Set(before.map(key)), new Set(after.map(key))];
  return { added: after.filter(item => !old.has(key(item))), removed: before.filter(item => !new_.has(key(item))) };
}
