import { diagnose } from './diagnose.ts';
import type { Expected } from './expected.ts';
import type { Facts } from './facts.ts';
import { type Finding, isFinding, type Result } from './result.ts';

/** What one observer found. */
export interface View {
  readonly by: Facts['by'];
  readonly at: number;
  readonly addresses: readonly string[];
  readonly results: readonly Result[];
}

/** What all observers found: the doctor on the edge, the probe elsewhere, or both. */
export interface Report {
  /** Changes when a program that reads reports would have to. */
  readonly version: 1;
  readonly at: number;
  readonly verdict: 'healthy' | 'warnings' | 'faults';
  /** Of the observer that knows the configuration best. */
  readonly expected: Expected;
  readonly views: readonly View[];
  readonly findings: readonly (Finding & { readonly by: Facts['by'] })[];
}

/** Facts of one or two observers; the first knows the configuration best. */
export function reportOf(all: readonly [Facts, ...Facts[]], at: number): Report {
  // What the edge's own configuration says goes before what a token could carry of it.
  const [{ expected }] = all;
  const views = all.map(facts => viewOf({ ...facts, expected }));
  const findings = views.flatMap(({ by, results }) => results.filter(isFinding).map(finding => ({ ...finding, by })));
  const worstFirst = ['fault', 'warning'].flatMap(wanted => findings.filter(each => each.verdict === wanted));
  const verdict = findings.some(each => each.verdict === 'fault')
    ? 'faults'
    : findings.length > 0
      ? 'warnings'
      : 'healthy';
  return { version: 1, at, verdict, expected, views, findings: worstFirst };
}

function viewOf(facts: Facts): View {
  const { by, at, targets, machine } = facts;
  const addresses =
    targets.length > 0
      ? targets.map(({ address }) => address)
      : (machine?.addresses ?? []).map(({ address }) => address);
  return { by, at, addresses, results: diagnose(facts) };
}

/** The exit status: 0 healthy or warnings only, 1 faults. */
export function exitStatus({ verdict }: Report): 0 | 1 {
  return verdict === 'faults' ? 1 : 0;
}
