import type { Report, View } from '../report.ts';
import type { Finding, Result, Verdict } from '../result.ts';
import { HEADLINES, MARKS, plain, WHO } from './words.ts';

export interface TableOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const COLOURS: Readonly<Record<Verdict | 'dim' | 'bold', string>> = {
  ok: '32',
  warning: '33',
  fault: '31',
  unknown: '36',
  dim: '2',
  bold: '1',
};
const LEAST_WIDTH = 60;

type Paint = (style: keyof typeof COLOURS, text: string) => string;

/** What was found, for people: every check on a line, then each finding with what it means and what to change. */
export function reportTable(report: Report, { colour, width }: TableOptions): string {
  const paint: Paint = (style, text) => (colour ? `\u001b[${COLOURS[style]}m${text}\u001b[0m` : text);
  const columns = Math.max(LEAST_WIDTH, width);
  const lines = [
    ...report.views.flatMap(view => [...viewLines(view, paint, columns), '']),
    ...report.findings.flatMap((finding, i) => [...findingLines(finding, i + 1, paint, columns), '']),
    paint(report.verdict === 'healthy' ? 'ok' : report.verdict === 'faults' ? 'fault' : 'warning', headline(report)),
  ];
  return `${lines.join('\n')}\n`;
}

function headline({ verdict, findings, views }: Report): string {
  const checks = views.reduce((sum, { results }) => sum + results.length, 0);
  const counted = (wanted: Verdict, word: string) => {
    const count = findings.filter(each => each.verdict === wanted).length;
    return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`];
  };
  const counts = [`${checks} checks`, ...counted('fault', 'fault'), ...counted('warning', 'warning')];
  return `${HEADLINES[verdict]} (${counts.join(', ')})`;
}

function viewLines({ by, addresses, results }: View, paint: Paint, columns: number): string[] {
  const rows = grouped(results);
  const check = Math.max(0, ...rows.map(row => row.check.length));
  const subject = Math.min(44, Math.max(0, ...rows.map(row => plain(row.subject).length)));
  const left = 2 + 2 + check + 2 + subject + 2;
  return [
    `${paint('bold', WHO[by])}  ${paint('dim', plain(addresses.join(', ')))}`,
    ...rows.flatMap(row => rowLines(row, { check, subject, left }, paint, columns)),
  ];
}

function rowLines(
  { verdict, check, subject, seen }: Result,
  widths: { check: number; subject: number; left: number },
  paint: Paint,
  columns: number,
): string[] {
  const head = `${check.padEnd(widths.check)}  ${plain(subject).padEnd(widths.subject)}`;
  const [first = '', ...rest] = wrapped(plain(seen), Math.max(24, columns - widths.left));
  const mark = paint(verdict, MARKS[verdict]);
  return [`  ${mark} ${head}  ${first}`, ...rest.map(line => `${' '.repeat(widths.left)}${line}`)];
}

/** Good results of one check that say the same are one line; whatever is not good stands alone. */
function grouped(results: readonly Result[]): Result[] {
  const rows: Result[] = [];
  for (const result of results) {
    const same = rows.findIndex(
      row => row.verdict === 'ok' && result.verdict === 'ok' && row.check === result.check && row.seen === result.seen,
    );
    if (same < 0) rows.push(result);
    else
      rows[same] = {
        ...rows[same]!,
        subject: `${rows[same]!.subject.replace(/ \+\d+$/, '')} +${countOf(rows[same]!) + 1}`,
      };
  }
  return rows;
}

function countOf({ subject }: Result): number {
  return Number(/ \+(\d+)$/.exec(subject)?.[1] ?? 0);
}

function findingLines(finding: Finding & { by: View['by'] }, number: number, paint: Paint, columns: number): string[] {
  const { verdict, id, subject, seen, means, change, rules, by } = finding;
  const part = (name: string, text: string) =>
    wrapped(plain(text), columns - 12).map((line, i) => `   ${paint('dim', (i === 0 ? name : '').padEnd(7))}  ${line}`);
  return [
    `${paint(verdict, `${MARKS[verdict]} ${number}. ${id}`)}  ${plain(subject)}  ${paint('dim', `(${by})`)}`,
    ...part('seen', seen),
    ...part('means', means),
    ...part('change', change),
    ...(rules.length === 0 ? [] : part('rules', rules.join(', '))),
  ];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
