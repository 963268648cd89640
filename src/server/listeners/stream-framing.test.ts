import { expect, test } from 'vitest';
import { fromHex, MS_VECTORS } from '../../../test/vectors/ms-turn.ts';
import type { Engine } from '../../dataplane/index.ts';
import type { ClientId } from '../../wire/index.ts';
import { framed, MS_FRAMING, STANDARD_FRAMING, type StreamFraming } from './stream-framing.ts';

const SEND = fromHex(MS_VECTORS.send);

/** What the engine is handed of a frame, as text; undefined when the frame is refused. */
function handed(framing: StreamFraming, frame: Uint8Array, isAllocated: boolean): string | undefined {
  let said = '';
  const engine = {
    fromStream: (_: ClientId, bytes: Uint8Array, start: number, end: number, bare = false) => {
      said = `${bare ? 'bare' : 'message'} ${end - start}`;
      expect(bytes).toBe(frame);
    },
  } as unknown as Engine;
  const isRight = framing.deliver(engine, 1 as ClientId, isAllocated, frame, 0, frame.length);
  return isRight ? said : undefined;
}

test.each([
  ['Binding success', 0x01, true],
  ['Allocate error', 0x01, true],
  ['the error of a method above 0x7f', 0x03, true],
  ['a request', 0x00, false],
  ['ChannelData on 0x41xx', 0x41, false],
])('%s is an answer: %s', (_, byte, answer) => {
  expect(STANDARD_FRAMING.isAnswer(Uint8Array.of(byte), 0, false)).toBe(answer);
});

test('in the Microsoft dialect all is an answer but Data Indications and bare bytes', () => {
  const isAnswer = (hex: string, bare = false) => MS_FRAMING.isAnswer(fromHex(hex), 0, bare);
  expect(isAnswer(MS_VECTORS.allocateResponse)).toBe(true);
  expect(isAnswer(MS_VECTORS.challenge)).toBe(true);
  expect(isAnswer(MS_VECTORS.dataIndication)).toBe(false);
  expect(isAnswer(MS_VECTORS.allocateResponse, true)).toBe(false);
});

test('a control frame is a message, a bare frame is not, and each client only has its own framing', () => {
  const control = Uint8Array.from(framed(MS_FRAMING, SEND, 0, SEND.length, false));
  const bare = Uint8Array.from(framed(MS_FRAMING, SEND, 0, SEND.length, true));
  expect([...control.subarray(0, 4), ...bare.subarray(0, 4)]).toEqual([2, 0, 0, SEND.length, 3, 0, 0, SEND.length]);
  expect(handed(MS_FRAMING, control, true)).toBe(`message ${SEND.length}`);
  expect(handed(MS_FRAMING, bare, true)).toBe(`bare ${SEND.length}`);
  expect(handed(MS_FRAMING, bare, false)).toBeUndefined();
  expect(handed(MS_FRAMING, Uint8Array.of(2, 0, 0, 1, 7), true)).toBeUndefined();
  expect(handed(STANDARD_FRAMING, SEND, true)).toBeUndefined();
  expect(handed(STANDARD_FRAMING, Uint8Array.of(0x40, 0, 0, 0), true)).toBe('message 4');
});
