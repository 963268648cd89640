/** The most of everything a stranger may send in one SIP message. RFC 3261 names none of these but the datagram's 65,535 bytes. */
export interface SipLimits {
  /** Start line, headers and the empty line, in bytes. */
  readonly head: number;
  readonly body: number;
  readonly headerLines: number;
  /** Of the Request-URI, in characters. */
  readonly uri: number;
}

export const SIP_LIMITS: SipLimits = { head: 16_384, body: 65_535, headerLines: 200, uri: 2048 };
