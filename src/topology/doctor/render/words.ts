import type { Facts } from '../facts.ts';
import type { Verdict } from '../result.ts';

export const MARKS: Readonly<Record<Verdict, string>> = { ok: '✓', warning: '!', fault: '✗', unknown: '?' };

export const WHO: Readonly<Record<Facts['by'], string>> = { doctor: 'doctor, on the edge', probe: 'probe' };

export const HEADLINES = {
  healthy: 'healthy: nothing found',
  warnings: 'works, with warnings',
  faults: 'faults found',
} as const;

/** What came over the network may hold anything: on a terminal and in a page it is one line of plain characters. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}
