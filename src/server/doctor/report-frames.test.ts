import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, type Frame, PART_LENGTH } from './report-frames.ts';

const KEY = new Uint8Array(24).fill(7);
const FRAME: Frame = { type: 'part', index: 3, count: 9, payload: new Uint8Array(PART_LENGTH).fill(5) };

test('a frame arrives as it was said', () => {
  expect(decodeFrame(encodeFrame(FRAME, 'probe', KEY), 'probe', KEY)).toEqual(FRAME);
});

test('nobody else is heard: another key, the wrong speaker, a byte that was changed', () => {
  const bytes = encodeFrame(FRAME, 'probe', KEY);
  expect(decodeFrame(bytes, 'probe', new Uint8Array(24))).toBeUndefined();
  expect(decodeFrame(bytes, 'doctor', KEY)).toBeUndefined();
  for (let at = 0; at < bytes.length; at += 13) {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    expect(decodeFrame(changed, 'probe', KEY), `byte ${at}`).toBeUndefined();
  }
});

test('what is too short, too long or counts too many is nothing', () => {
  expect(decodeFrame(new Uint8Array(0), 'probe', KEY)).toBeUndefined();
  const bytes = encodeFrame(FRAME, 'probe', KEY);
  for (let end = 0; end < bytes.length; end += 50)
    expect(decodeFrame(bytes.subarray(0, end), 'probe', KEY)).toBeUndefined();
  for (const odd of [{ index: 9 }, { count: 513, index: 0 }, { payload: new Uint8Array(PART_LENGTH + 1) }]) {
    expect(decodeFrame(encodeFrame({ ...FRAME, ...odd }, 'probe', KEY), 'probe', KEY)).toBeUndefined();
  }
});
