import type { SipFault } from '../wire/index.ts';
import type { FlowId, NextHop } from './flows.ts';

/** What the state machines want done. `server` does it, in order; nothing in `sip` touches a socket. */
export type SipEffect =
  | { readonly do: 'send'; readonly flow: FlowId; readonly bytes: Uint8Array }
  /** Answered by `onHopOpened` or `onHopFailed`. */
  | { readonly do: 'connect'; readonly hop: NextHop }
  /** Nothing can be read from it any more, or it has been refused. Answered by `onFlowClosed`. */
  | { readonly do: 'close'; readonly flow: FlowId; readonly why: SipFault }
  /** Something was refused, silently or with a response: counted by reason, logged at debug. */
  | {
      readonly do: 'count-refusal';
      readonly refusal: SipFault | SipRefused;
      readonly flow: FlowId;
      readonly domain?: string;
    }
  | { readonly do: 'registered' | 'unregistered'; readonly record: string; readonly flow: FlowId };

/** Every way a well-formed message is refused, by name, with the status that says so (0: silence). */
export const SIP_REFUSED = {
  'stray-response': 0,
  'stray-ack': 0,
  'responses-too-many': 0,
  'partner-connections': 0,
  'bad-contact': 400,
  'bad-route': 400,
  unauthenticated: 401,
  'stale-nonce': 401,
  'wrong-password': 401,
  'locked-out': 403,
  'other-user': 403,
  'wrong-side': 403,
  'no-relaying': 403,
  'domain-not-allowed': 403,
  'partner-without-certificate': 403,
  'partner-certificate-untrusted': 403,
  'partner-certificate-misnamed': 403,
  'partner-speaks-for-other': 403,
  'partner-method': 403,
  'not-to-partners': 403,
  'too-many-bindings': 403,
  'password-in-the-clear': 403,
  'unknown-user': 404,
  'unsupported-scheme': 416,
  'bad-extension': 420,
  'interval-too-brief': 423,
  'flow-failed': 430,
  'not-signed-in': 480,
  'no-such-transaction': 481,
  loop: 482,
  'too-many-hops': 483,
  'out-of-order': 500,
  'unknown-method': 501,
  'registrar-full': 503,
  'transactions-full': 503,
  'partner-too-fast': 503,
  'partner-too-busy': 503,
  'hop-failed': 504,
  'hop-no-srv': 504,
  'hop-no-address': 504,
  'hop-dns-failed': 504,
  'hop-unreachable': 504,
  'hop-untrusted': 504,
  'hop-misnamed': 504,
} as const;
export type SipRefused = keyof typeof SIP_REFUSED;

/** Why a next hop could not be connected. */
export type HopFailure = Extract<SipRefused, `hop-${string}`>;
