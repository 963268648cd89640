import { SIP_LIMITS, type SipLimits } from './limits.ts';
import { readSipMessage } from './read-message.ts';
import type { SipArrival } from './stream.ts';

/** What one WebSocket message brings: one SIP message, or a keep-alive (RFC 7118 §4.2, RFC 5626 §3.5.1). */
export function readSipFrame(bytes: Uint8Array, limits: SipLimits = SIP_LIMITS): SipArrival {
  if (isText(bytes, '\r\n\r\n')) return { kind: 'ping' };
  if (isText(bytes, '\r\n')) return { kind: 'pong' };
  return readSipMessage(bytes, 'frame', limits);
}

function isText(bytes: Uint8Array, text: string): boolean {
  return bytes.length === text.length && Buffer.from(bytes).toString('latin1') === text;
}
