import type { ClockFacts, Facts } from '../facts.ts';
import { fault, ok, type Result, unknown } from '../result.ts';

/** Two edges may differ by as much before credentials of one fail at the other. */
const MOST_MILLIS = 60_000;

/** The edge's clock: time-limited credentials live by it. */
export function clock(facts: Facts): Result[] {
  return facts.clocks.map(judge);
}

function judge({ whose, against, aheadMillis, toleranceMillis }: ClockFacts): Result {
  const subject = `${whose === 'edge' ? 'the edge' : 'this machine'} against ${against}`;
  if (aheadMillis === undefined) return unknown('clock', subject, 'it said nothing');
  const seen = `${span(aheadMillis)} ${aheadMillis < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(aheadMillis) <= MOST_MILLIS + toleranceMillis) return ok('clock', subject, seen);
  return fault('clock', subject, {
    id: 'clock-off',
    place: whose === 'edge' ? 'machine' : 'observer',
    seen,
    means:
      aheadMillis > 0
        ? 'Credentials seem to expire before their time, or not to be valid yet for others: users get 401.'
        : 'Credentials live on after their time, and certificates may not be valid yet.',
    change: `set the clock of ${whose === 'edge' ? 'the edge' : 'this machine'}: run a time service (\`timedatectl set-ntp true\`), and see \`timedatectl\``,
  });
}

function span(millis: number): string {
  const seconds = Math.round(Math.abs(millis) / 1000);
  if (seconds < 90) return `${seconds} s`;
  return seconds < 3300 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
