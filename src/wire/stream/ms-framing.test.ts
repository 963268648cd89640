import { expect, test } from 'vitest';
import { fromHex, MS_VECTORS } from '../../../test/vectors/ms-turn.ts';
import { FrameReader } from './framing.ts';
import { LONGEST_MS_FRAME, MS_FRAME_HEADER, MS_FRAMES, msFrameKind, writeMsFrameHeader } from './ms-framing.ts';

const SEND = fromHex(MS_VECTORS.send);

function framed(payload: ArrayLike<number>, bare: boolean): Uint8Array {
  const frame = new Uint8Array(MS_FRAME_HEADER + payload.length).fill(0xee);
  frame.set(payload, MS_FRAME_HEADER);
  writeMsFrameHeader(frame, 0, payload.length, bare);
  return frame;
}

const STREAM = Uint8Array.from([
  ...framed(SEND, false),
  ...framed(Buffer.from('media'), true),
  ...framed(SEND, true), // bare bytes are bare bytes, whatever they look like
  ...framed([], true),
  ...framed([1, 2, 3], false),
]);
const KINDS = ['message', 'bare', 'bare', 'bare', 'not-ms-turn'];

function readIn(size: number, limit = LONGEST_MS_FRAME) {
  const reader = new FrameReader(limit, MS_FRAMES);
  const kinds: string[] = [];
  const payloads: string[] = [];
  let said: string = 'ok';
  for (let at = 0; at < STREAM.length && said === 'ok'; at += size) {
    said = reader.push(STREAM.subarray(at, at + size), (b, start, end) => {
      kinds.push(msFrameKind(b, start, end));
      payloads.push(Buffer.from(b.subarray(start + MS_FRAME_HEADER, end)).toString('latin1'));
    });
  }
  return { kinds, payloads, said, held: reader.held };
}

test('frames come out whole however the stream is split', () => {
  const whole = readIn(STREAM.length);
  expect(whole).toMatchObject({ kinds: KINDS, said: 'ok', held: 0 });
  expect(whole.payloads[1]).toBe('media');
  for (let size = 1; size < 130; size++) expect(readIn(size)).toEqual(whole);
});

test('a frame longer than the limit is refused by its header', () => {
  expect(readIn(1, 100)).toMatchObject({ kinds: [], said: 'frame-too-long', held: 0 });
});

test.each([0, 1, 4, 0x16, 0x40, 0xff])('type %i ends the stream at its first byte', type => {
  const reader = new FrameReader(2048, MS_FRAMES);
  expect(reader.push(Uint8Array.of(type), () => expect.unreachable())).toBe('unknown-frame-type');
  expect(reader.push(STREAM, () => expect.unreachable())).toBe('unknown-frame-type');
});
