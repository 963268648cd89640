import { strict as assert } from 'node:assert';
import { crc32 } from 'node:zlib';
import {
  contactsOf,
  endsStream,
  readAuth,
  readSipFrame,
  readSipMessage,
  routesOf,
  SIP_LIMITS,
  type SipArrival,
  type SipMessage,
  SipStreamReader,
  tokensOf,
  writeRefusal,
  writeSipMessage,
} from '../../src/wire/index.ts';
import { Dice } from './dice.ts';

const LIMITS = { ...SIP_LIMITS, head: 2048, body: 1024 };
const READ_BY_TOKENS = ['supported', 'require', 'proxy-require', 'allow'];
const READ_AS_AUTH = ['authorization', 'proxy-authorization', 'www-authenticate'];

/** Reads the bytes as a datagram, as a WebSocket message and as a stream, whole and in pieces; what is taken is read again as written. */
export function fuzz(data: Uint8Array): void {
  const before = data.slice();
  inspect(readSipMessage(data, 'datagram', LIMITS));
  inspect(readSipFrame(data, LIMITS));
  const dice = new Dice(crc32(data));
  const whole = readIn(data, () => data.length);
  assert.deepEqual(
    readIn(data, () => 1 + dice.below(dice.below(4) === 0 ? 2 : 50)),
    whole,
    'pieces are read otherwise',
  );
  assert.deepEqual(data, before, 'reading changed the bytes');
}

function inspect(arrival: SipArrival): void {
  if (arrival.kind === 'refused') {
    const answer = writeRefusal(arrival, 'ours');
    assert.equal(answer === undefined, arrival.code === 0);
    if (answer !== undefined) assert.match(Buffer.from(answer).toString('latin1'), /^SIP\/2\.0 [45]\d\d /);
  } else if (arrival.kind === 'request' || arrival.kind === 'response') inspectMessage(arrival);
}

function inspectMessage(message: SipMessage): void {
  assert.ok(
    message.vias.length > 0 && message.body.length <= LIMITS.body && message.headers.size <= LIMITS.headerLines,
  );
  assert.ok(contactsOf(message.headers) !== undefined && routesOf(message.headers, 'route') !== undefined);
  for (const name of READ_BY_TOKENS) tokensOf(message.headers, name);
  for (const name of READ_AS_AUTH) for (const value of message.headers.all(name)) readAuth(value);
  const written = writeSipMessage(message);
  assert.equal(
    Buffer.from(written)
      .toString('latin1')
      .split('\r\n\r\n')[0]!
      .split(/\r\ncontent-length *:/i).length,
    2,
  );
  const again = readSipMessage(written, 'frame');
  assert.ok(again.kind === message.kind, 'what was written is not read');
  assert.deepEqual({ ...again, headers: undefined }, { ...message, headers: undefined });
}

function readIn(data: Uint8Array, size: () => number): { said: unknown[]; hasEnded: boolean } {
  const reader = new SipStreamReader(LIMITS);
  const said: unknown[] = [];
  for (let at = 0; at < data.length; ) {
    const until = Math.min(data.length, at + size());
    for (const one of reader.push(data.subarray(at, until))) {
      inspect(one);
      if (one.kind === 'refused') assert.equal(reader.hasEnded || !endsStream(one), true);
      said.push(
        'callId' in one ? [one.kind, one.callId, one.cseq, Buffer.from(one.body)] : { ...one, headers: undefined },
      );
    }
    assert.ok(reader.capacity <= 2 * (LIMITS.head + LIMITS.body + data.length), 'more is held than the limits allow');
    at = until;
  }
  return { said, hasEnded: reader.hasEnded };
}
