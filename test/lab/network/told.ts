import type { Finished } from '../../testkit/program.ts';

/** A report of doctor or probe, and how the command ended. */
export interface Told {
  readonly status: number | null;
  readonly verdict: string;
  readonly findings: readonly {
    readonly id: string;
    readonly by: 'doctor' | 'probe';
    readonly verdict: string;
    readonly seen: string;
    readonly change: string;
    readonly rules: readonly string[];
  }[];
  readonly views: readonly {
    readonly by: string;
    readonly results: readonly { check: string; verdict: string; seen: string }[];
  }[];
}

/** What a command printed as JSON, though progress and tokens may stand around it. */
export function toldBy({ status, output }: Finished): Told {
  const from = output.indexOf('{\n');
  const to = output.lastIndexOf('\n}');
  if (from < 0 || to < 0) throw new Error(`no report: ${output}`);
  return { ...(JSON.parse(output.slice(from, to + 2)) as Omit<Told, 'status'>), status };
}

export function idsOf({ findings }: Told): string[] {
  return [...new Set(findings.map(({ id }) => id))].toSorted();
}
