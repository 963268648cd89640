import type { Millis, SipRequest, SipUri } from '../wire/index.ts';
import type { DigestSettings, SipUser, UserQuestions } from './digest/authenticator.ts';
import type { Flow, NextHop } from './flows.ts';
import type { RegistrarSettings } from './registrar/registrar.ts';

/** A request and who sent it: proven by password, or undefined for what a trusted flow brought. */
export interface AuthenticRequest {
  readonly request: SipRequest;
  readonly user: SipUser | undefined;
  readonly flow: Flow;
}

/** An answer that the edge gives itself. */
export interface LocalAnswer {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
}

/** What `sip` asks of the rest of the edge. Every answer is immediate. */
export interface SipQuestions extends UserQuestions {
  /** Whether we register and find the users of this domain. */
  isOurDomain(host: string): boolean;
  /** Whether this is a name or address of the edge itself, as it stands in a Route. */
  isOurHost(host: string): boolean;
  /** Services of the edge: the answer to a request that is for one of them. Not asked for INVITE, ACK and CANCEL. */
  serve(request: AuthenticRequest, now: Millis): LocalAnswer | undefined;
  /** What the 200 to a REGISTER says besides. */
  registrationHeaders(request: AuthenticRequest): readonly (readonly [string, string])[];
  /** The server that requests for this URI go to when it is no user of ours: the pool inside, a partner. Undefined: nobody. */
  nextHop(uri: SipUri, from: Flow): NextHop | undefined;
  /** Whether a partner's flow may bring requests from this domain. */
  speaksFor(flow: Flow, domain: string): boolean;
}

export interface SipSettings {
  readonly digest: DigestSettings;
  readonly registrar: RegistrarSettings;
  /** Transactions at once, of both kinds. */
  readonly transactions: number;
  /** Of those, by one flow that is not trusted: of one that has not proven whose it is, and of one that has. */
  readonly transactionsPerFlow: { readonly stranger: number; readonly user: number };
  /** Requests that wait for one next hop to be connected. */
  readonly waitingPerHop: number;
  /** 32 secret bytes: signs routes and loops. */
  readonly routeKey: Uint8Array;
  /** Fresh random bytes, from a CSPRNG in production. */
  readonly randomBytes: (length: number) => Uint8Array;
}
