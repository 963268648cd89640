import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MS_TYPES, MsMessageView } from '../../src/wire/index.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { bindingRequest, channelData } from '../testkit/edge-client.ts';
import { MsTalker } from '../testkit/ms-talker.ts';
import { openTcp, openTls, pause, until } from '../testkit/stream-bytes.ts';
import { fromHex } from '../vectors/ms-turn.ts';

/*
 * Whatever may come on a TCP port, at once and byte by byte, and what becomes of it: docs/connections.md is written by this test (`-u`)
 * and compared with what is seen each time.
 */

const DEADLINES = { helloMillis: 900, firstMessageMillis: 900, allocationMillis: 900 };
/** A deadline, and time for a busy machine. */
const PATIENCE_MILLIS = 4_000;
const PSEUDO_HELLO = fromHex(`160301002d010000290301${'5a'.repeat(32)}00000200180100`);
const NOISE = createHash('sha512').update('noise').digest();

const framed = (payload: Uint8Array, type = 2) =>
  Buffer.concat([Buffer.of(type, 0, payload.length >> 8, payload.length & 255), payload]);
const allocate = () => new MsTalker('alice', 'wonderland').allocate();

interface Row {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What comes back first, in words; undefined: nothing but perhaps a TLS alert. */
  readonly answer?: string;
  /** Why it ends. */
  readonly ends: string;
  readonly inTls?: boolean;
}

const ROWS: readonly Row[] = [
  { name: 'a STUN Binding', bytes: bindingRequest(), answer: 'Binding success', ends: 'no-allocation' },
  {
    name: 'frames of the Microsoft dialect',
    bytes: framed(allocate()),
    answer: 'framed challenge',
    ends: 'no-allocation',
  },
  { name: 'a pseudo-TLS hello', bytes: PSEUDO_HELLO, answer: 'pseudo-TLS answer', ends: 'no-first-message' },
  {
    name: 'a pseudo-TLS hello and a frame behind it',
    bytes: Buffer.concat([PSEUDO_HELLO, framed(allocate())]),
    answer: 'pseudo-TLS answer, framed challenge',
    ends: 'no-allocation',
  },
  { name: 'TLS, and nothing in it', bytes: new Uint8Array(0), inTls: true, ends: 'no-first-message' },
  {
    name: 'TLS, and a STUN Binding',
    bytes: bindingRequest(),
    inTls: true,
    answer: 'Binding success',
    ends: 'no-allocation',
  },
  {
    name: 'TLS, and frames of the Microsoft dialect',
    bytes: framed(allocate()),
    inTls: true,
    answer: 'framed challenge',
    ends: 'no-allocation',
  },
  { name: 'TLS, and a pseudo-TLS hello', bytes: PSEUDO_HELLO, inTls: true, ends: 'bad-frame' },
  { name: 'TLS, and HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), inTls: true, ends: 'bad-frame' },
  { name: 'nothing', bytes: new Uint8Array(0), ends: 'hello-timeout' },
  { name: 'half a pseudo-TLS hello', bytes: PSEUDO_HELLO.subarray(0, 30), ends: 'hello-timeout' },
  { name: 'half a frame', bytes: framed(allocate()).subarray(0, 38), ends: 'no-first-message' },
  { name: 'the first byte of a frame', bytes: Uint8Array.of(2), ends: 'hello-timeout' },
  { name: 'a TLS record of noise', bytes: Buffer.concat([Buffer.of(0x16, 3, 1, 0, 64), NOISE]), ends: 'tls-handshake' },
  { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: edge\r\n\r\n'), ends: 'unknown-protocol' },
  { name: 'an SSH banner', bytes: Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), ends: 'unknown-protocol' },
  { name: 'ChannelData', bytes: channelData(0x4000, Buffer.from('hello')), ends: 'unknown-protocol' },
  { name: 'random bytes', bytes: NOISE, ends: 'unknown-protocol' },
  { name: 'zeros', bytes: new Uint8Array(256), ends: 'bad-frame' },
  { name: 'a Microsoft message without its frame', bytes: allocate(), ends: 'bad-frame' },
  { name: 'a control frame without the cookie', bytes: framed(new Uint8Array(60)), ends: 'unknown-protocol' },
  {
    name: "libnice's broken data frame",
    bytes: Buffer.concat([framed(new Uint8Array(3), 3), NOISE]),
    ends: 'bad-frame',
  },
  {
    name: 'a data frame before an allocation',
    bytes: Buffer.concat([PSEUDO_HELLO, framed(NOISE, 3)]),
    answer: 'pseudo-TLS answer',
    ends: 'bad-frame',
  },
  {
    name: 'garbage after a pseudo-TLS hello',
    bytes: Buffer.concat([PSEUDO_HELLO, NOISE]),
    answer: 'pseudo-TLS answer',
    ends: 'bad-frame',
  },
  {
    name: 'both framings on one connection',
    bytes: Buffer.concat([framed(allocate()), bindingRequest()]),
    answer: 'framed challenge',
    ends: 'bad-frame',
  },
];

let bench: EdgeBench;
beforeAll(async () => {
  bench = await EdgeBench.start({ options: { streamDeadlines: DEADLINES } });
});
afterAll(() => bench.close());

const seen = new Map<string, { answer: string; ends: string }>();

describe.each(['at once', 'one byte at a time'])('%s', how => {
  test.each(ROWS)('$name is answered rightly or closed in time', async row => {
    const before = await bench.ended(row.ends);
    const socket = await (row.inTls ? openTls(bench.tcp) : openTcp(bench.tcp));
    const got: Buffer[] = [];
    socket.on('data', chunk => got.push(chunk));
    socket.on('error', () => {});
    if (how === 'at once') socket.write(row.bytes);
    else await drip(socket, row.bytes);
    const since = performance.now();
    await until(() => socket.closed, PATIENCE_MILLIS);
    expect(performance.now() - since).toBeLessThan(PATIENCE_MILLIS);
    await until(async () => (await bench.ended(row.ends)) > before);
    const answer = inWords(Buffer.concat(got));
    expect(answer).toBe(row.answer ?? '');
    seen.set(row.name, { answer, ends: row.ends });
  });
});

test('a hundred connections of noise leave nothing behind', async () => {
  const sockets = await Promise.all(Array.from({ length: 100 }, () => openTcp(bench.tcp)));
  sockets.forEach((socket, i) => {
    socket.on('error', () => {});
    socket.resume();
    socket.write(i % 2 === 0 ? randomBytes(1 + i) : Buffer.concat([PSEUDO_HELLO, randomBytes(1 + i)]));
  });
  await until(() => sockets.every(socket => socket.closed), PATIENCE_MILLIS);
  await until(async () => (await bench.metric('sallyport_connections{transport="tcp"}')) === 0);
});

test('a hello after the handshake of real TLS 1.2 and 1.3 is never taken for the other', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = connectTls({
      host: '127.0.0.1',
      port: bench.tcp,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
    });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  }
});

test('docs/connections.md says what was seen', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/connections.md');
});

/** The socket may be closed before the last byte. */
async function drip(socket: Socket, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    if (socket.destroyed) return;
    socket.write(Uint8Array.of(byte));
    await pause(0);
  }
}

/** What an edge may say, and nothing else: anything unknown shows as its bytes. A TLS alert is no answer. */
function inWords(bytes: Buffer): string {
  const words: string[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const [word, length] = firstWord(rest);
    if (word !== '') words.push(word);
    rest = rest.subarray(length);
  }
  return words.join(', ');
}

function firstWord(rest: Buffer): [string, number] {
  if (rest[0] === 0x15) return ['', 5 + rest.readUInt16BE(3)];
  if (rest[0] === 0x16 && rest.length >= 83 && rest.readUInt16BE(3) === 0x4e) return ['pseudo-TLS answer', 83];
  if (rest.readUInt16BE(0) === 0x0101) return ['Binding success', 20 + rest.readUInt16BE(2)];
  const view = new MsMessageView();
  const end = 4 + rest.readUInt16BE(2);
  const isChallenge = view.read(rest, 4, end) === 'ok' && view.type === MS_TYPES.AllocateError;
  return isChallenge ? ['framed challenge', end] : [rest.toString('hex'), rest.length];
}

function page(): string {
  const rows = ROWS.map(({ name }) => {
    const { answer, ends } = seen.get(name) ?? { answer: 'not seen', ends: '' };
    return `| ${name} | ${answer === '' ? 'nothing' : answer} | \`${ends}\` |`;
  });
  return `# What a TCP port makes of a connection

Real TLS, plain STUN, and the Microsoft dialect with and without its pseudo-TLS share every TCP port. The first bytes tell them apart, 50 of
them at most, whether they come at once or one at a time. Written and checked by \`test/whole/connections.test.ts\`, which tries each row both ways.

The last column is why the connection ends when nothing better follows, as counted in \`sallyport_connections_ended_total{reason}\`. \`hello-timeout\`,
\`no-first-message\` and \`no-allocation\` are deadlines (10, 10 and 30 seconds); all others end it at once.

| what comes | what goes back | ends as |
|---|---|---|
${rows.join('\n')}
`;
}
