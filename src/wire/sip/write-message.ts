import type { SipMessage } from './message.ts';

type Writable = Pick<SipMessage, 'headers' | 'body'> &
  (
    | { readonly kind: 'request'; readonly method: string; readonly uriText: string }
    | { readonly kind: 'response'; readonly status: number; readonly reason: string }
  );

/** The bytes of a message. Content-Length is what the body has, whatever the headers say of it, and stands last. */
export function writeSipMessage(message: Writable): Uint8Array {
  const lines = [startLineOf(message)];
  for (const { key, name, value } of message.headers) if (key !== 'content-length') lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${message.body.length}`, '', '');
  const head = Buffer.from(lines.join('\r\n'), 'utf8');
  return message.body.length === 0 ? head : Buffer.concat([head, message.body]);
}

function startLineOf(message: Writable): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uriText} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}
