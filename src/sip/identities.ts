import { addressOfRecord, isSipUri, type Millis, type NameAddress, type SipRequest } from '../wire/index.ts';
import type { Authenticator, Denied, SipUser } from './digest/authenticator.ts';
import type { Flow, FlowId, NextHop } from './flows.ts';
import type { SipQuestions } from './questions.ts';

/** Identities one connection may have proven: a phone with several accounts. */
const MOST_IDENTITIES = 8;

/** A user who has proven who he is, or nobody in particular over a trusted flow. */
export interface KnownSender {
  readonly user: SipUser | undefined;
  /** The server that knows this user, and is the only one to hear him until it has asked for his password. */
  readonly goesTo?: NextHop;
}
export type Sender = KnownSender | Denied | 'other-user' | 'wrong-side';

/**
 * Who is at the other end of each flow. A password is asked for once a connection: pidgin-sipe can do no more than that, and the
 * connection is protected. From then on every request on it must be from a user who has proven himself there.
 */
export class Identities {
  readonly #proven = new Map<FlowId, SipUser[]>();
  readonly #authenticator: Authenticator;
  readonly #questions: SipQuestions;

  constructor(authenticator: Authenticator, questions: SipQuestions) {
    this.#authenticator = authenticator;
    this.#questions = questions;
  }

  /** Who sends this. A REGISTER is about the user in its To, everything else is from the user in its From. */
  senderOf(request: SipRequest, flow: Flow, now: Millis): Sender {
    if (flow.side === 'partner') return this.#partner(request, flow);
    if (flow.isTrusted) return { user: undefined };
    const claimed = recordOf(request.method === 'REGISTER' ? request.to : request.from);
    const elsewhere = this.#ownerOf(request, claimed, flow);
    if (elsewhere !== undefined) return { user: undefined, goesTo: elsewhere };
    const proven = this.#proven.get(flow.id) ?? [];
    const known = proven.find(user => isNamed(user, claimed));
    if (known !== undefined) return { user: known };
    if (request.method !== 'REGISTER' && proven.length > 0) return 'other-user';
    return this.#prove(request, claimed, flow, proven, now);
  }

  /** Whether this flow's user may say this, without asking anything of him: an ACK cannot be challenged. */
  isProven(request: SipRequest, flow: Flow): boolean {
    const proven = this.#proven.get(flow.id) ?? [];
    return flow.isTrusted || flow.side === 'partner' || proven.some(user => isNamed(user, recordOf(request.from)));
  }

  /** Whether anybody has proven who he is on this flow. */
  hasProven(flow: FlowId): boolean {
    return this.#proven.has(flow);
  }

  onFlowClosed(flow: FlowId): void {
    this.#proven.delete(flow);
    this.#authenticator.onFlowClosed(flow);
  }

  /** A user is no longer: he has to prove himself again, on every flow. */
  forget(record: string): void {
    for (const [flow, users] of this.#proven) {
      const left = users.filter(user => user.record !== record);
      if (left.length === 0) this.#proven.delete(flow);
      else this.#proven.set(flow, left);
    }
  }

  #prove(request: SipRequest, claimed: string, flow: Flow, proven: readonly SipUser[], now: Millis): Sender {
    const user = this.#authenticator.authenticate(request, claimed, flow, now);
    if ('denied' in user) return user;
    if (!isNamed(user, claimed)) return 'other-user';
    if (user.side !== 'any' && user.side !== flow.side) return 'wrong-side';
    this.#proven.set(flow.id, [...proven, user].slice(-MOST_IDENTITIES));
    return { user };
  }

  /** A user of our domain whom another server owns: it asks for his password, and we ask nothing. */
  #ownerOf(request: SipRequest, claimed: string, flow: Flow): NextHop | undefined {
    const { uri } = request.method === 'REGISTER' ? request.to : request.from;
    if (!isSipUri(uri) || !this.#questions.isOurDomain(uri.host) || this.#questions.user(claimed) !== undefined)
      return undefined;
    const hop = this.#questions.nextHop(uri, flow);
    return hop?.side === 'internal' ? hop : undefined;
  }

  #partner({ from }: SipRequest, flow: Flow): Sender {
    const speaks = isSipUri(from.uri) && this.#questions.speaksFor(flow, from.uri.host);
    return speaks ? { user: undefined } : 'other-user';
  }
}

function recordOf({ uri }: NameAddress): string {
  return isSipUri(uri) ? addressOfRecord(uri) : '';
}

function isNamed(user: SipUser, record: string): boolean {
  return user.record === record || user.aliases.includes(record);
}
