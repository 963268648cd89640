import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader, type FramingError, LONGEST_FRAME } from './framing.ts';

const COOKIE = [0x21, 0x12, 0xa4, 0x42];

const stunFrames = fc
  .nat(30)
  .chain(quarter =>
    fc
      .uint8Array({ minLength: 12 + 4 * quarter, maxLength: 12 + 4 * quarter })
      .map(rest => stun(4 * quarter, [...rest])),
  );
const channelFrames = fc
  .tuple(fc.integer({ min: 0x4000, max: 0x7fff }), fc.uint8Array({ maxLength: 90 }))
  .map(([channel, payload]) => channelData(channel, payload));
const streams = fc.array(fc.oneof(stunFrames, channelFrames), { maxLength: 12 });

describe('a stream of frames', () => {
  test('gives the same frames, however it is split', () => {
    fc.assert(
      fc.property(streams, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (frames, sizes) => {
        const stream = frames.flatMap(frame => [...padded(frame)]);
        const read = readAll(new FrameReader(2048), split(stream, sizes));
        expect(read.frames).toEqual(frames);
        expect(read.said).toBe('ok');
        expect(read.mostHeld).toBeLessThan(160);
      }),
    );
  });

  test('gives the same frames byte by byte', () => {
    const frames = [
      stun(0, id()),
      channelData(0x4000, []),
      channelData(0x4fff, [1, 2, 3]),
      stun(8, [...id(), 1, 2, 3, 4, 5, 6, 7, 8]),
    ];
    const stream = frames.flatMap(frame => [...padded(frame)]);
    const reader = new FrameReader(2048);
    expect(
      readAll(
        reader,
        stream.map(byte => [byte]),
      ).frames,
    ).toEqual(frames);
    expect(reader.held).toBe(0);
  });

  test('is handed out where it lies when whole frames arrive', () => {
    const chunk = Uint8Array.from([...padded(channelData(0x4001, [1])), ...stun(0, id())]);
    const reader = new FrameReader(2048);
    const at: number[][] = [];
    const onFrame = (bytes: Uint8Array, start: number, end: number) => {
      expect(bytes).toBe(chunk);
      at.push([start, end]);
    };
    expect(reader.push(chunk, onFrame)).toBe('ok');
    expect(at).toEqual([
      [0, 5],
      [8, 28],
    ]);
  });

  test('may be empty', () => {
    const reader = new FrameReader(2048);
    expect(reader.push(new Uint8Array(0), never)).toBe('ok');
    expect(reader.held).toBe(0);
  });
});

describe('bytes that are no frame', () => {
  test.each<[string, number[], FramingError]>([
    ['a TLS record', [0x16, 3, 1, 2, 0, 1, 0, 1], 'not-stun-or-channel-data'],
    ['HTTP, whose letters look like a channel', [...Buffer.from('POST / HTTP/1.1')], 'frame-too-long'],
    ['SSH, whose letters look like a channel', [...Buffer.from('SSH-2.0-x')], 'frame-too-long'],
    ['RTP', [0x80, 0, 0, 0], 'not-stun-or-channel-data'],
    ['STUN with another cookie', [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43], 'not-stun-or-channel-data'],
    ['STUN of odd length', [0, 1, 0, 2, ...COOKIE], 'length-not-a-multiple-of-4'],
    ['STUN beyond the limit', [0, 1, 8, 0, ...COOKIE], 'frame-too-long'],
    ['ChannelData beyond the limit', [0x40, 0, 8, 0], 'frame-too-long'],
  ])('%s is told by name, whole or byte by byte, and ends the reader', (_, bytes, reason) => {
    for (const chunks of [[bytes], bytes.map(byte => [byte])]) {
      const reader = new FrameReader(2048);
      expect(readAll(reader, chunks)).toMatchObject({ frames: [], said: reason });
      expect(reader.held).toBe(0);
      reader.stop();
      expect(reader.push(Uint8Array.from(stun(0, id())), never)).toBe(reason);
    }
  });

  test('after good frames let those through first', () => {
    const good = channelData(0x4000, [1, 2, 3, 4]);
    expect(readAll(new FrameReader(2048), [[...good, 0xff]])).toMatchObject({
      frames: [good],
      said: 'not-stun-or-channel-data',
    });
  });
});

describe('the limit', () => {
  test('is the length of the longest frame taken, without padding', () => {
    const frame = channelData(0x4000, new Uint8Array(97));
    expect(readAll(new FrameReader(101), [[...padded(frame)]]).frames).toHaveLength(1);
    expect(readAll(new FrameReader(100), [[...padded(frame)]]).said).toBe('frame-too-long');
  });

  test('may be raised while a chunk is read, for the frames behind', () => {
    const long = channelData(0x4000, new Uint8Array(3000));
    const reader = new FrameReader(2048);
    const lengths: number[] = [];
    const said = reader.push(Uint8Array.from([...stun(0, id()), ...padded(long)]), (_, start, end) => {
      lengths.push(end - start);
      reader.limit = LONGEST_FRAME;
    });
    expect([said, lengths]).toEqual(['ok', [20, 3004]]);
  });

  test('can let the longest frames of both kinds through', () => {
    const frames = [channelData(0x4000, new Uint8Array(65_535)), stun(0xfffc, [...id(), ...new Uint8Array(0xfffc)])];
    expect(frames[1]).toHaveLength(LONGEST_FRAME);
    for (const frame of frames) {
      const bytes = Uint8Array.from(padded(frame));
      const read = readAll(new FrameReader(LONGEST_FRAME), [
        bytes.subarray(0, 9),
        bytes.subarray(9, 40_000),
        bytes.subarray(40_000),
      ]);
      expect(read.frames.map(f => f.length)).toEqual([frame.length]);
    }
  });
});

test('what is held grows with the bytes received, not with the length promised', () => {
  const reader = new FrameReader(LONGEST_FRAME);
  reader.push(Uint8Array.of(0x40, 0, 0xff, 0xff, 1), never);
  expect(reader.held).toBe(5);
  expect(reader.capacity).toBeLessThanOrEqual(64);
  for (let i = 0; i < 1000; i++) reader.push(Uint8Array.of(1), never);
  expect(reader.held).toBe(1005);
  expect(reader.capacity).toBeLessThanOrEqual(2048);
});

test('a reader between frames holds nothing', () => {
  const reader = new FrameReader(2048);
  const bytes = Uint8Array.from(stun(0, id()));
  reader.push(bytes.subarray(0, 11), never);
  expect(reader.capacity).toBeGreaterThan(0);
  reader.push(bytes.subarray(11), () => undefined);
  expect([reader.held, reader.capacity]).toEqual([0, 0]);
});

describe('a reader that is stopped inside a frame', () => {
  const three = Uint8Array.from([1, 2, 3].flatMap(n => [...padded(channelData(0x4000 + n, [n]))]));

  test.each([[[three]], [[three.subarray(0, 3), three.subarray(3)]]])('hands out no more of them', chunks => {
    const reader = new FrameReader(2048);
    let frames = 0;
    const said = chunks.map(chunk =>
      reader.push(chunk, () => {
        frames++;
        reader.stop();
      }),
    );
    expect([frames, said.at(-1)]).toEqual([1, 'stopped']);
    expect(reader.push(three, never)).toBe('stopped');
    expect(reader.capacity).toBe(0);
  });
});

interface Read {
  readonly frames: number[][];
  readonly said: string;
  readonly mostHeld: number;
}

test.each([1, 7, 30, 100])(
  'a stream that goes on without frames is handed over behind the last one, in pieces of %i',
  piece => {
    const stream = Buffer.from([...stun(0, id()), ...Buffer.from('raw bytes')]);
    const reader = new FrameReader(LONGEST_FRAME);
    let rest = '';
    for (let at = 0; at < stream.length; at += piece) {
      const chunk = stream.subarray(at, at + piece);
      const verdict = reader.push(chunk, () => {
        rest += Buffer.from(reader.handOver()).toString();
      });
      if (verdict === 'stopped' && at + piece < stream.length) {
        rest += stream.toString('latin1', at + piece);
        break;
      }
    }
    expect(rest).toBe('raw bytes');
  },
);

function readAll(reader: FrameReader, chunks: Iterable<ArrayLike<number>>): Read {
  const frames: number[][] = [];
  let said = 'ok';
  let mostHeld = 0;
  for (const chunk of chunks) {
    said = reader.push(Uint8Array.from(chunk), (b, start, end) => frames.push([...b.subarray(start, end)]));
    mostHeld = Math.max(mostHeld, reader.held);
  }
  return { frames, said, mostHeld };
}

function* split(stream: number[], sizes: Iterator<number>): Generator<number[]> {
  for (let at = 0; at < stream.length; ) {
    const size = sizes.next().value as number;
    yield stream.slice(at, at + size);
    at += size;
  }
}

function stun(length: number, rest: number[]): number[] {
  return [0, 1, length >>> 8, length & 255, ...COOKIE, ...rest];
}

function id(): number[] {
  return Array.from({ length: 12 }, (_, i) => i);
}

function channelData(channel: number, payload: ArrayLike<number>): number[] {
  const bytes = Array.from(payload);
  return [channel >>> 8, channel & 255, bytes.length >>> 8, bytes.length & 255, ...bytes];
}

/** ChannelData is padded in streams, the padding is not counted (RFC 8656 §12.5). Its content is of no matter. */
function padded(frame: number[]): number[] {
  return [...frame, ...Array((4 - (frame.length % 4)) % 4).fill(0xee)];
}

function never(): void {
  throw new Error('no frame was expected');
}
