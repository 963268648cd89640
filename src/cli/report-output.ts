import { readFileSync, writeFileSync } from 'node:fs';
import { OperatorError } from '../control/index.ts';
import { exitStatus, type Report, reportHtml, reportJson, reportTable } from '../topology/doctor/index.ts';

export interface OutputFlags {
  readonly json?: boolean;
  readonly html?: string;
}

const WIDTH = 110;

/** The report as asked for, and the exit status that says it: 1 for faults. */
export function printReport(report: Report, { json, html }: OutputFlags): void {
  if (html !== undefined) writePage(html, report);
  const { isTTY, columns } = process.stdout;
  const isColoured = isTTY === true && (process.env.NO_COLOR ?? '') === ''; // https://no-color.org
  process.stdout.write(
    json ? reportJson(report) : reportTable(report, { colour: isColoured, width: columns ?? WIDTH }),
  );
  process.exitCode = exitStatus(report);
}

function writePage(file: string, report: Report): void {
  try {
    writeFileSync(file, reportHtml(report));
  } catch (error) {
    throw new OperatorError(
      'SALLYPORT_USAGE',
      `--html: ${(error as Error).message}`,
      'name a file that may be written',
    );
  }
  process.stderr.write(`the report for the firewall team: ${file}\n`);
}

/** What is going on, for people who wait: one line that is written over, and nothing where nobody looks. */
export function progressLine(): (what: string) => void {
  if (process.stderr.isTTY !== true) return () => {};
  let isFirst = true;
  return what => {
    if (isFirst) process.once('exit', () => process.stderr.write('\r\u001b[K'));
    isFirst = false;
    process.stderr.write(`\r\u001b[K${what.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  };
}

/** The texts of PEM files with authorities to trust. */
export function authorities(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return [readFileSync(file, 'utf8')];
  } catch (error) {
    throw new OperatorError(
      'SALLYPORT_USAGE',
      `--ca: ${(error as Error).message}`,
      'name a PEM file that this user may read',
    );
  }
}
