import { createHmac, timingSafeEqual } from 'node:crypto';
import { isSameUri, type Millis, quote, readUri, type SipRequest } from '../../wire/index.ts';
import { type Flow, type FlowId, isSecure } from '../flows.ts';
import { type DigestAlgorithm, digestHa1, digestResponse } from './algorithm.ts';
import { type DigestClaim, digestClaimOf, isSipe, LONGEST_NAME } from './claim.ts';
import { type Attempt, type LockoutSettings, Lockouts } from './lockouts.ts';
import { NonceCounts } from './nonce-counts.ts';
import { SipNonces } from './sip-nonces.ts';

/** A user of the edge, as far as `sip` needs to know. */
export interface SipUser {
  /** `sip:alice@example.test` (address of record). */
  readonly record: string;
  /** Further addresses that are the same user's. */
  readonly aliases: readonly string[];
  /** What a challenge for this user offers. One: most phones look at the first challenge only, or fail at a second. */
  readonly algorithm: DigestAlgorithm;
  /** The side he may sign in from. */
  readonly side: 'any' | 'external' | 'internal';
}

/** What is asked of the store of users. */
export interface UserQuestions {
  /** By address of record or alias. */
  user(record: string): SipUser | undefined;
  /** By the username of a digest: H(username ":" realm ":" password) in hexadecimal. */
  secret(username: string, algorithm: DigestAlgorithm): { readonly user: SipUser; readonly ha1: string } | undefined;
}

export interface DigestSettings {
  readonly realm: string;
  /** 32 secret bytes. */
  readonly key: Uint8Array;
  readonly nonceLifetimeSeconds: number;
  readonly lockout: LockoutSettings;
  /** For tests and networks of one's own: MD5 is else offered inside TLS only. */
  readonly allowsPlainMd5: boolean;
}

export type Denial = 'unauthenticated' | 'stale-nonce' | 'wrong-password' | 'locked-out' | 'password-in-the-clear';

/** Why nobody is let in, and the challenge to answer with, where one is due. */
export interface Denied {
  readonly denied: Denial;
  readonly challenge?: string;
}

/** Checks digests (RFC 7616, RFC 8760) and writes challenges. Nonces are signed and not stored; counts live as long as their flow. */
export class Authenticator {
  readonly #settings: DigestSettings;
  readonly #users: UserQuestions;
  readonly #nonces: SipNonces;
  readonly #lockouts: Lockouts;
  readonly #counts = new Map<FlowId, NonceCounts>();
  readonly #opaque: string;

  constructor(settings: DigestSettings, users: UserQuestions) {
    this.#settings = settings;
    this.#users = users;
    this.#nonces = new SipNonces(settings.key, settings.nonceLifetimeSeconds);
    this.#lockouts = new Lockouts(settings.lockout);
    this.#opaque = this.#hmac('opaque').toString('base64url').slice(0, 12);
  }

  /** Who sends this, or why nobody knows. `record` is who it says it is from: his challenge is made for him. */
  authenticate(request: SipRequest, record: string, flow: Flow, now: Millis): SipUser | Denied {
    const algorithm = this.#users.user(record)?.algorithm ?? 'MD5';
    if (algorithm === 'MD5' && !isPrivate(flow) && !this.#settings.allowsPlainMd5)
      return { denied: 'password-in-the-clear' };
    const claim = digestClaimOf(request, this.#settings.realm);
    if (claim === undefined) return this.#challenge('unauthenticated', algorithm, flow, now);
    const address = flow.remote.host;
    if (this.#lockouts.isLocked(claim.username, address, now)) return { denied: 'locked-out' };
    const user = this.#userOf(claim, request, algorithm);
    if (user === undefined) {
      this.#lockouts.onWrong(claim.username, address, now);
      return this.#challenge('wrong-password', algorithm, flow, now);
    }
    if (!this.#isFresh(claim, flow, now)) return this.#challenge('stale-nonce', algorithm, flow, now);
    this.#lockouts.onRight(claim.username, address);
    return user;
  }

  /** The same for a password that is shown as it is, inside TLS: wrong ones count together with those of digests. */
  checkPassword(username: string, password: string, address: string, now: Millis): SipUser | Denial {
    if (username.length > LONGEST_NAME) return 'wrong-password';
    if (this.#lockouts.isLocked(username, address, now)) return 'locked-out';
    const known = this.#users.secret(username, 'SHA-256');
    const right = Buffer.from(known?.ha1 ?? this.#hmac(username).toString('hex'));
    const said = Buffer.from(digestHa1('SHA-256', username, this.#settings.realm, password));
    if (timingSafeEqual(right, said) && known !== undefined) {
      this.#lockouts.onRight(username, address);
      return known.user;
    }
    this.#lockouts.onWrong(username, address, now);
    return 'wrong-password';
  }

  /** Before somebody else checks a password that is shown as it is: those count together with the rest. */
  beginPassword(username: string, address: string, now: Millis): Attempt | 'locked-out' | 'too-many-at-once' {
    return this.#lockouts.begin(username, address, now);
  }

  onFlowClosed(flow: FlowId): void {
    this.#counts.delete(flow);
  }

  /** Strangers take as long as users with a wrong password: nothing tells which names exist. */
  #userOf(claim: DigestClaim, request: SipRequest, algorithm: DigestAlgorithm): SipUser | undefined {
    const known = this.#users.secret(claim.username, algorithm);
    const ha1 =
      known?.ha1 ??
      this.#hmac(claim.username)
        .toString('hex')
        .slice(0, algorithm === 'MD5' ? 32 : 64);
    const right = Buffer.from(digestResponse({ ...claim, algorithm, ha1, method: request.method }));
    const said = Buffer.from(claim.response.toLowerCase());
    const isRight = right.length === said.length && timingSafeEqual(right, said);
    const isOfAlgorithm = (claim.algorithm ?? 'MD5').toUpperCase() === algorithm;
    return isRight && isOfAlgorithm && isForThis(claim, request) && claim.opaqueIsIn([undefined, this.#opaque])
      ? known?.user
      : undefined;
  }

  #isFresh(claim: DigestClaim, flow: Flow, now: Millis): boolean {
    const nonce = this.#nonces.read(claim.nonce, flow.id, now);
    if (nonce === undefined) return false;
    const counts = this.#counts.get(flow.id) ?? new NonceCounts();
    this.#counts.set(flow.id, counts);
    return counts.use(nonce.number, Number.parseInt(claim.nc, 16));
  }

  #challenge(denied: Denial, algorithm: DigestAlgorithm, flow: Flow, now: Millis): Denied {
    const nonce = this.#nonces.make(flow.id, now);
    const stale = denied === 'stale-nonce' ? ', stale=true' : '';
    const said = `realm=${quote(this.#settings.realm)}, nonce="${nonce}", opaque="${this.#opaque}", algorithm=${algorithm}, qop="auth"`;
    return { denied, challenge: `Digest ${said}${stale}` };
  }

  #hmac(text: string): Buffer {
    return createHmac('sha256', this.#settings.key).update(`digest ${text}`).digest();
  }
}

/** Nobody listens in: it is encrypted, or a proxy in front has taken the TLS off. */
function isPrivate(flow: Flow): boolean {
  return isSecure(flow) || flow.remote.isHere === true;
}

/** The URI of a digest is the request's own. pidgin-sipe writes `(null)` while it signs in, and nothing else knows better. */
function isForThis({ uri }: DigestClaim, request: SipRequest): boolean {
  if (uri === request.uriText) return true;
  if (uri === '(null)') return request.method === 'REGISTER' && isSipe(request);
  const said = readUri(uri);
  return said !== undefined && isSameUri(said, request.uri);
}
