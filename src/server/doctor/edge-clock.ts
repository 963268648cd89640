import { restName, restPassword } from '../../credentials/index.ts';
import type { ClockFacts } from '../../topology/doctor/index.ts';
import type { Millis } from '../../wire/index.ts';
import type { ClientCredential } from '../turn-client.ts';

const NEAR_SECONDS = 60;
const FAR_SECONDS = 48 * 3600;
const CLOSE_ENOUGH_SECONDS = 40;

/** A time-limited credential of our own making: good until this second by the clock of whoever checks it. */
export function credentialUntil(secret: string, user: string, expiresSeconds: number): ClientCredential {
  const username = restName(expiresSeconds, user);
  return { username, password: restPassword(secret, username) };
}

/**
 * How far the clock of an edge is ahead of ours, from which credentials it takes: one that ends at T is refused once its clock shows T.
 * TURN itself tells no time. `accepts` says undefined when there was no answer.
 */
export async function edgeClock(
  accepts: (expiresSeconds: number) => Promise<boolean | undefined>,
  now: () => Millis,
): Promise<ClockFacts> {
  const about = { whose: 'edge', against: 'this machine, by the credentials it accepts' } as const;
  const isBefore = async (aheadSeconds: number) => accepts(Math.floor(now() / 1000) + aheadSeconds);
  const nearly = await isBefore(NEAR_SECONDS);
  if (nearly === undefined || (await isBefore(FAR_SECONDS)) !== true) {
    return { ...about, aheadMillis: undefined, toleranceMillis: 0 };
  }
  let [low, high] = [-FAR_SECONDS, FAR_SECONDS];
  if (nearly) high = NEAR_SECONDS;
  else low = NEAR_SECONDS;
  if (nearly && (await isBefore(-NEAR_SECONDS)) === false) low = -NEAR_SECONDS;
  const width = nearly && low === -NEAR_SECONDS ? 2 * NEAR_SECONDS : CLOSE_ENOUGH_SECONDS;
  while (high - low > width) {
    const middle = Math.floor((low + high) / 2);
    const isSmaller = await isBefore(middle);
    if (isSmaller === undefined) break;
    if (isSmaller) high = middle;
    else low = middle;
  }
  return { ...about, aheadMillis: ((low + high) / 2) * 1000, toleranceMillis: ((high - low) / 2) * 1000 };
}
