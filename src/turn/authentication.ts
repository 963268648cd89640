import {
  ATTRIBUTES,
  LONGEST_USERNAME,
  type MessageView,
  PASSWORD_ALGORITHMS,
  passwordAlgorithmsLength,
  readBytes,
  readPasswordAlgorithm,
  readText,
  verifyIntegrity,
  writePasswordAlgorithms,
} from '../wire/index.ts';
import { OFFERED } from './challenge.ts';
import type { Core } from './core.ts';
import { FEATURES, featuresOf } from './nonce.ts';
import type { Credential, PasswordAlgorithm } from './questions.ts';
import { type AuthenticRequest, isRefused, type Refused, type Request, refused, type Seal } from './request.ts';

const { MessageIntegrity, MessageIntegritySha256, Username, Userhash, Realm, Nonce } = ATTRIBUTES;

export function isSealed(view: MessageView): boolean {
  return view.has(MessageIntegrity) || view.has(MessageIntegritySha256);
}

/** The long-term credential mechanism: the checks of RFC 8489 §9.2.4 in their order, for a request with an integrity attribute. */
export function authenticate(core: Core, request: Request): AuthenticRequest | Refused {
  const { view, client, now } = request;
  const nonce = view.find(Nonce);
  const named = view.has(Username) || view.has(Userhash);
  if (!named || !view.has(Realm) || nonce < 0) return refused('bad-request');
  const algorithm = chosenAlgorithm(view, view.valueAt(nonce));
  if (algorithm === undefined) return refused('bad-request');
  const credential = credentialOf(core, request, algorithm);
  if (isRefused(credential)) return credential;
  const seal = sealOf(view, credential);
  if (seal === undefined) return refused('wrong-integrity');
  if (!core.nonces.isGood(view.valueAt(nonce), client, now)) return refused('stale-nonce');
  // less than a second left is none: no lifetime could be promised
  if (credential.expiresAt - now < 1000) return refused('credential-expired');
  core.questions.accepted(credential, now);
  return { client, view, now, fingerprint: request.fingerprint, credential, seal };
}

/**
 * With the password-algorithms bit in the nonce, a client that picks an algorithm must repeat what it was offered, so that nobody
 * on the path can have shortened the offer (RFC 8489 §9.2.1, §9.2.4). Undefined: it did not.
 */
function chosenAlgorithm(view: MessageView, nonce: Uint8Array): PasswordAlgorithm | undefined {
  if (((featuresOf(nonce) ?? FEATURES.none) & FEATURES.passwordAlgorithms) === 0) return 'md5';
  const offered = view.find(ATTRIBUTES.PasswordAlgorithms);
  const chosen = view.find(ATTRIBUTES.PasswordAlgorithm);
  if (offered < 0 && chosen < 0) return 'md5';
  if (offered < 0 || Buffer.compare(view.valueAt(offered), OFFER) !== 0) return undefined;
  const choice = readPasswordAlgorithm(view, chosen);
  if (choice === undefined || choice.parameters.length > 0) return undefined;
  if (choice.algorithm === PASSWORD_ALGORITHMS.md5) return 'md5';
  return choice.algorithm === PASSWORD_ALGORITHMS['sha-256'] ? 'sha-256' : undefined;
}

const OFFER = new Uint8Array(passwordAlgorithmsLength(OFFERED));
writePasswordAlgorithms(OFFER, 0, OFFERED);

/** USERNAME, or USERHASH where it is offered (RFC 8489 §14.3, §14.4). */
function credentialOf(
  { questions, settings }: Core,
  { view, now }: Request,
  algorithm: PasswordAlgorithm,
): Credential | Refused {
  const credential = view.has(Username) ? byName() : byHash();
  return typeof credential === 'string' ? refused(credential) : credential;

  function byName() {
    const username = readText(view, view.find(Username), LONGEST_USERNAME);
    return username === undefined ? 'bad-request' : questions.credential(username, algorithm, now);
  }
  function byHash() {
    const userhash = readBytes(view, view.find(Userhash), 32);
    if (userhash === undefined) return 'bad-request';
    return settings.features.anonymity ? questions.credentialByHash(userhash, algorithm, now) : 'unknown-user';
  }
}

/** The first key that fits, in the stronger of the integrities the request carries; its answer uses the same. */
function sealOf(view: MessageView, credential: Credential): Seal | undefined {
  const kind = view.has(MessageIntegritySha256) ? 'sha256' : 'sha1';
  const key = credential.keys.find(candidate => verifyIntegrity(view, kind, candidate));
  return key === undefined ? undefined : { kind, key };
}
