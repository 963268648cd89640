import type { Millis, RelayTransport } from '../wire/index.ts';
import type { Credential, TurnSettings } from './questions.ts';

/** The time-to-expiry a client gets for what it asks (RFC 8656 §7.2, §8.2): no less than the default, no more than the most. */
export function grantedSeconds({ lifetimeSeconds }: TurnSettings, asked: number | undefined): number {
  return Math.min(Math.max(asked ?? lifetimeSeconds.default, lifetimeSeconds.default), lifetimeSeconds.most);
}

/**
 * The same as an instant; nothing outlives the credential it was granted with. Clients of the Microsoft dialect on a stream may never
 * refresh: what they have lives as long as it carries something (MS-TURN by observation).
 */
export function grantedUntil(
  settings: TurnSettings,
  credential: Credential,
  transport: RelayTransport,
  asked: number | undefined,
  now: Millis,
): Millis {
  const seconds = transport === 'tcp-packets' ? settings.idleSeconds : grantedSeconds(settings, asked);
  return Math.min(now + seconds * 1000, credential.expiresAt);
}

/** What is left, for LIFETIME: whole seconds, so never more than the truth. */
export function secondsLeft(until: Millis, now: Millis): number {
  return Math.max(0, Math.floor((until - now) / 1000));
}
