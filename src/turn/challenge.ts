import { ATTRIBUTES, HEADER_LENGTH, PASSWORD_ALGORITHMS, type PasswordAlgorithmValue } from '../wire/index.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import { COMPACT_LENGTH, FEATURES, FULL_LENGTH } from './nonce.ts';
import type { TurnSettings } from './questions.ts';
import type { Request } from './request.ts';

const NONE = new Uint8Array(0);
/** In our order of preference (RFC 8489 §14.11). */
export const OFFERED: readonly PasswordAlgorithmValue[] = [
  { algorithm: PASSWORD_ALGORITHMS['sha-256'], parameters: NONE },
  { algorithm: PASSWORD_ALGORITHMS.md5, parameters: NONE },
];
const OFFERED_LENGTH = 8;
/** Type and length of an attribute. */
const T_L = 4;
const FINGERPRINT_LENGTH = 8;

/** The security features offered with a full nonce (RFC 8489 §9.2.1). */
export function featuresOffered({ features }: TurnSettings): number {
  return (
    (features.passwordAlgorithms ? FEATURES.passwordAlgorithms : FEATURES.none) |
    (features.anonymity ? FEATURES.anonymity : FEATURES.none)
  );
}

/**
 * A 401 or 438 with REALM and NONCE (RFC 8489 §9.2.4) of at most `most` bytes: with all that is offered if that fits, else the
 * compact form (ADR 0004), else none. It is measured before it is made: this runs for every stranger.
 */
export function challenge(core: Core, request: Request, code: 401 | 438, most: number): Uint8Array | undefined {
  const { settings, nonces } = core;
  const features = featuresOffered(settings);
  const { client, now } = request;
  const answer = () => new Answer(request, undefined);
  const shared = HEADER_LENGTH + T_L + 4 + T_L + padded(Buffer.byteLength(settings.realm)) + T_L;
  const least = shared + (request.fingerprint ? FINGERPRINT_LENGTH : 0);
  const offer = settings.features.passwordAlgorithms ? T_L + OFFERED_LENGTH : 0;
  if (features !== FEATURES.none && least + padded(FULL_LENGTH) + offer <= most) {
    return answer().error(code, '', w => {
      w.text(ATTRIBUTES.Realm, settings.realm).text(ATTRIBUTES.Nonce, nonces.full(client, features, now));
      if (offer > 0) w.passwordAlgorithms(ATTRIBUTES.PasswordAlgorithms, OFFERED);
    });
  }
  if (least + COMPACT_LENGTH > most) return undefined;
  return answer().error(code, '', w => {
    w.text(ATTRIBUTES.Realm, settings.realm).text(ATTRIBUTES.Nonce, nonces.compact(client, now));
  });
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
