/**
 * Nanoseconds per codec operation: `node bench/wire.ts [--rounds N]`. Each line is the median of the rounds, with the fastest and the
 * slowest beside it: trust a difference only when the ranges do not overlap.
 */
import { createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';
import * as wire from '../src/wire/index.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const rounds = Number(values.rounds);
const ROUND_MILLIS = 60;

const A = wire.ATTRIBUTES;
const ID = new Uint8Array(12).fill(7);
const KEY = new Uint8Array(16).fill(3);
const V4 = wire.withPort(wire.parseIp('192.0.2.1')!, 50000);
const V6 = wire.withPort(wire.parseIp('2001:db8::1')!, 50001);

const scratch = new Uint8Array(2048);
const view = new wire.MessageView();
const peer = new wire.AddressBuffer();
const allocate = authenticated(wire.METHODS.Allocate, w => w.uint8(A.RequestedTransport, 17)).slice();
const send = message(wire.METHODS.Send, wire.CLASSES.indication)
  .xorAddress(A.XorPeerAddress, V4)
  .raw(A.Data, new Uint8Array(172))
  .message.slice();
const channelData = new Uint8Array(176);
wire.writeChannelHeader(channelData, 4, 0x4000, 172);
const stream = new Uint8Array(8 * channelData.length);
for (let i = 0; i < 8; i++) stream.set(channelData, i * channelData.length);
const frames = new wire.FrameReader(2048);
const nothing = (): void => undefined;
let kept = 0;

const CASES: Readonly<Record<string, () => unknown>> = {
  channelOf: () => wire.channelOf(channelData, 0, channelData.length),
  'read a Send indication': () => view.read(send, 0, send.length),
  'read it, and its peer address': () => {
    view.read(send, 0, send.length);
    return wire.readPeerAddress(view, view.find(A.XorPeerAddress), peer);
  },
  'write a Data indication, IPv4': () => wire.writeDataIndication(scratch, 64, 236, V4, ID),
  'write a Data indication, IPv6': () => wire.writeDataIndication(scratch, 64, 236, V6, ID),
  'frame 8 ChannelData of one chunk': () => frames.push(stream, nothing),
  'frame 8 ChannelData of a split chunk': () => {
    frames.push(stream.subarray(0, 1000), nothing);
    return frames.push(stream.subarray(1000), nothing);
  },
  'read an authenticated Allocate': () => view.read(allocate, 0, allocate.length),
  'its username as text': () => wire.readText(view, view.find(A.Username)),
  'its MESSAGE-INTEGRITY': () => wire.verifyIntegrity(view, 'sha1', KEY),
  'the same by an Hmac object': () => createHmac('sha1', KEY).update(allocate.subarray(0, -32)).digest(),
  'its FINGERPRINT': () => wire.fingerprintOf(view),
  'long-term key, MD5': () => wire.longTermKey('md5', '1700000000:user', 'example.test', 'password'),
  'write a success response': () => success(w => w),
  '… with MESSAGE-INTEGRITY': () => success(w => w.integrity(KEY)),
  '… with MESSAGE-INTEGRITY-SHA256': () => success(w => w.integritySha256(KEY)),
  'write a 401': () =>
    message(wire.METHODS.Allocate, wire.CLASSES.error)
      .errorCode(401)
      .text(A.Realm, 'r')
      .text(A.Nonce, '0123456789abcdef'),
};

console.log(`node ${process.version}, ${rounds} rounds of ${ROUND_MILLIS} ms\n`);
view.read(allocate, 0, allocate.length);
for (const [name, run] of Object.entries(CASES)) report(name, measure(run));
if (kept === -1) console.log('never');

function report(name: string, nanos: readonly number[]): void {
  const [median, least, most] = [nanos[nanos.length >> 1]!, nanos[0]!, nanos.at(-1)!];
  console.log(`${name.padEnd(40)}${median.toFixed(0).padStart(8)} ns   (${least.toFixed(0)} to ${most.toFixed(0)})`);
}

function measure(run: () => unknown): number[] {
  once(run, ROUND_MILLIS); // compiled first
  return Array.from({ length: rounds }, () => once(run, ROUND_MILLIS)).sort((a, b) => a - b);
}

function once(run: () => unknown, millis: number): number {
  const startedAt = performance.now();
  let count = 0;
  let took = 0;
  while (took < millis) {
    for (let i = 0; i < 200; i++) if (run() !== undefined) kept = i;
    count += 200;
    took = performance.now() - startedAt;
  }
  return (took * 1e6) / count;
}

function message(method: number, messageClass: number): wire.MessageWriter {
  return new wire.MessageWriter(scratch, 0, method, messageClass, ID);
}

function authenticated(method: number, add: (w: wire.MessageWriter) => wire.MessageWriter): Uint8Array {
  return add(message(method, wire.CLASSES.request))
    .text(A.Username, '1700000000:user')
    .text(A.Realm, 'example.test')
    .text(A.Nonce, 'obMatJos2AAAA0123456789abcdef')
    .integrity(KEY)
    .fingerprint().message;
}

function success(add: (w: wire.MessageWriter) => wire.MessageWriter): number {
  const writer = message(wire.METHODS.Allocate, wire.CLASSES.success)
    .xorAddress(A.XorRelayedAddress, V4)
    .xorAddress(A.XorMappedAddress, V4)
    .uint32(A.Lifetime, 600);
  return add(writer).end;
}
