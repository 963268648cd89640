import type { SipHeaders } from './headers.ts';
import type { NameAddress } from './name-address.ts';
import type { CSeq } from './numbers.ts';
import type { Uri } from './uri.ts';
import type { Via } from './via.ts';

/** What every message has been found to have, once and well-formed (RFC 3261 §8.1.1). Via alone changes on its way. */
export interface SipEssentials {
  readonly callId: string;
  readonly cseq: CSeq;
  readonly from: NameAddress;
  readonly to: NameAddress;
  /** The topmost first. */
  readonly vias: readonly Via[];
}

export interface SipRequest extends SipEssentials {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: Uri;
  /** As written: the URI of a digest is compared with it. */
  readonly uriText: string;
  readonly maxForwards?: number;
  readonly headers: SipHeaders;
  readonly body: Uint8Array;
}

export interface SipResponse extends SipEssentials {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

export const NO_BODY = new Uint8Array(0);
