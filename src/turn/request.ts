import type { TransportAddress } from '../wire/index.ts';
import { ATTRIBUTES, type MessageView, type Millis } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import type { Refusal } from './effects.ts';
import type { Client, Credential } from './questions.ts';

/** A request where it lies. Client and view are lent: what outlives the call is copied into an `Answer`. */
export interface Request {
  readonly client: Client;
  readonly view: MessageView;
  /** Whether it carried a FINGERPRINT: then its answer does, too (RFC 8489 §7.3). */
  readonly fingerprint: boolean;
  readonly now: Millis;
}

/** What a message is protected with, and how its answer will be. */
export interface Seal {
  readonly kind: 'sha1' | 'sha256';
  readonly key: Uint8Array;
}

/** A request whose sender has proven to be a user. */
export interface AuthenticRequest extends Request {
  readonly credential: Credential;
  readonly seal: Seal;
}

/** A request of the user whom the allocation of its 5-tuple belongs to. */
export interface AllocationRequest extends AuthenticRequest {
  readonly allocation: Allocation;
}

/** Why a request was not done, and what its answer and the log may tell. */
export interface Refused {
  readonly refused: Refusal;
  readonly peer?: TransportAddress;
  readonly rule?: string;
  /** The attributes that were not understood, for UNKNOWN-ATTRIBUTES. */
  readonly unknown?: readonly number[];
}

export function refused(refusal: Refusal, why: Omit<Refused, 'refused'> = {}): Refused {
  return { refused: refusal, ...why };
}

export function isRefused<T extends object>(outcome: T | Refused): outcome is Refused {
  return 'refused' in outcome;
}

const A = ATTRIBUTES;
/** Comprehension-required attributes that mean something to us: where they do not belong they are ignored (RFC 8489 §6.3). */
const UNDERSTOOD = new Uint8Array(0x8000);
const GROUPS = [
  [A.MappedAddress, A.Username, A.MessageIntegrity, A.ErrorCode, A.UnknownAttributes, A.ChannelNumber, A.Lifetime],
  [A.XorPeerAddress, A.Data, A.Realm, A.Nonce, A.XorRelayedAddress, A.RequestedAddressFamily, A.EvenPort],
  [A.RequestedTransport, A.DontFragment, A.MessageIntegritySha256, A.PasswordAlgorithm, A.Userhash],
  [A.XorMappedAddress, A.ReservationToken, A.ConnectionId],
];
for (const type of GROUPS.flat()) UNDERSTOOD[type] = 1;

/** Whether the message carries a comprehension-required attribute that is not understood. Makes no objects. */
export function hasUnknown(view: MessageView): boolean {
  for (let i = 0; i < view.count; i++) {
    const type = view.typeAt(i);
    if (type < 0x8000 && UNDERSTOOD[type] === 0) return true;
  }
  return false;
}

/** The comprehension-required attributes that are not understood, each once. At most as many as a view lists. */
export function unknownAttributes(view: MessageView): readonly number[] {
  const unknown = new Set<number>();
  for (let i = 0; i < view.count; i++) {
    const type = view.typeAt(i);
    if (type < 0x8000 && UNDERSTOOD[type] === 0) unknown.add(type);
  }
  return [...unknown];
}
