import { SIP_LIMITS, type SipLimits } from './limits.ts';
import type { SipMessage } from './message.ts';
import { endOfHead, readHead, silent } from './read-head.ts';
import type { SipRefusal } from './refusals.ts';
import { refusedFor } from './refused-for.ts';

/**
 * How a message that arrives whole knows where it ends. In a WebSocket frame it is all of it (RFC 7118 §4.2); behind a message in a
 * datagram there may be more, which is ignored (RFC 3261 §18.3).
 */
export type Wrapping = 'frame' | 'datagram';

/** Reads one message that arrived whole. Its body is a copy. */
export function readSipMessage(
  bytes: Uint8Array,
  wrapping: Wrapping,
  limits: SipLimits = SIP_LIMITS,
): SipMessage | SipRefusal {
  const headEnd = endOfHead(bytes, 0, Math.min(bytes.length, limits.head));
  if (headEnd < 0) return silent(bytes.length >= limits.head ? 'head-too-long' : 'unfinished-head');
  const head = readHead(bytes, 0, headEnd, limits);
  if ('fault' in head) return head;
  const { message, contentLength } = head;
  if (message.kind === 'refused') return message;
  const there = bytes.length - headEnd;
  const said = contentLength ?? there;
  if (said > there || (wrapping === 'frame' && said < there)) return refusedFor(message, 'content-length-mismatch');
  if (said > limits.body) return refusedFor(message, 'body-too-long');
  return { ...message, body: new Uint8Array(bytes.subarray(headEnd, headEnd + said)) };
}
