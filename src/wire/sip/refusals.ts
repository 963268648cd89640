import type { SipHeaders } from './headers.ts';

/**
 * Every way in which bytes are no SIP message of ours, by name. `code` is the status that answers a request with this fault where
 * enough of it could be read, or 0 for silence. A fault after which nobody knows where the next message begins ends a stream.
 */
export const SIP_FAULTS = {
  'head-too-long': { code: 0, endsStream: true },
  'line-ending': { code: 0, endsStream: true },
  'control-character': { code: 0, endsStream: true },
  'not-utf-8': { code: 0, endsStream: true },
  'unfinished-head': { code: 0, endsStream: true },
  'too-many-headers': { code: 0, endsStream: true },
  'content-length-missing': { code: 400, endsStream: true },
  'content-length-malformed': { code: 400, endsStream: true },
  'content-length-repeated': { code: 400, endsStream: true },
  'content-length-mismatch': { code: 400, endsStream: true },
  'body-too-long': { code: 413, endsStream: true },
  'start-line-malformed': { code: 400, endsStream: false },
  'version-unsupported': { code: 505, endsStream: false },
  'uri-too-long': { code: 414, endsStream: false },
  'uri-malformed': { code: 400, endsStream: false },
  'header-malformed': { code: 400, endsStream: false },
  'header-missing': { code: 400, endsStream: false },
  'header-repeated': { code: 400, endsStream: false },
  'cseq-method-mismatch': { code: 400, endsStream: false },
} as const;
export type SipFault = keyof typeof SIP_FAULTS;

/** Bytes that were refused, and what an answer to them would be made of. */
export interface SipRefusal {
  readonly kind: 'refused';
  readonly fault: SipFault;
  /** Lower-case name of the header that is at fault, where it is one. */
  readonly header?: string;
  /** The status to answer with; 0: none is due, or none can be written. */
  readonly code: number;
  /** The headers as far as they were read; there when `code` is not 0. */
  readonly headers?: SipHeaders;
}
