import type { Report } from '../report.ts';

/** One object; docs/doctor.md describes it. */
export function reportJson(report: Report): string {
  const { at, ...rest } = report;
  return `${JSON.stringify({ ...rest, at: new Date(at).toISOString() }, null, 2)}\n`;
}
