import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { Authority } from '../../../test/testkit/authority.ts';
import { certificateFor, type Pem } from '../../../test/testkit/certificates.ts';
import { until } from '../../../test/testkit/stream-bytes.ts';
import { loadNative, type Native } from '../load.ts';
import { TlsContext } from './tls-context.ts';
import { MOST_SEALED, MOST_TAKEN } from './tls-memory.ts';
import { TlsSession } from './tls-session.ts';

const native = loadNative() as Native;
const PROTOCOLS = ['stun.turn'];
let pem: Pem;
let context: TlsContext;

beforeAll(async () => {
  pem = await certificateFor('edge.example.test');
  context = new TlsContext(native, { ...pem, protocols: PROTOCOLS });
});

/** Node's client on one side, a session on the other, and what each sends in between, without any socket. */
class Pair {
  readonly session: TlsSession;
  readonly client: TLSSocket;
  /** What the session received in clear. */
  readonly clear: Buffer[] = [];
  /** What it sent, as it was on the wire. */
  readonly sent: Buffer[] = [];
  readonly errors: Error[] = [];
  readonly #wire: Duplex;

  constructor(of: TlsContext = context, options: ConnectionOptions = {}) {
    this.session = new TlsSession(of);
    this.#wire = new Duplex({
      read() {},
      write: (chunk: Buffer, _, done) => {
        this.take(chunk);
        done();
      },
    });
    this.client = connect({ socket: this.#wire, rejectUnauthorized: false, ...options });
    this.client.on('error', error => this.errors.push(error));
  }

  take(bytes: Buffer): void {
    const clear = this.session.take(bytes);
    if (clear.length > 0) this.clear.push(Buffer.from(clear));
    this.fetch();
  }

  fetch(): void {
    const into = Buffer.alloc(5_000);
    while (this.session.pending > 0) {
      const bytes = Buffer.from(into.subarray(0, this.session.fetch(into)));
      this.sent.push(bytes);
      this.#wire.push(bytes);
    }
  }

  async open(): Promise<this> {
    await once(this.client, 'secureConnect');
    await until(() => this.session.state === 'open');
    return this;
  }

  seal(bytes: Uint8Array, ends: number[] = [bytes.length]): void {
    this.session.seal(bytes, 0, ends);
    this.fetch();
  }

  /** The lengths of the records of application data since the last time. */
  records(): number[] {
    const all = Buffer.concat(this.sent.splice(0));
    const lengths: number[] = [];
    for (let at = 0; at < all.length; at += 5 + all.readUInt16BE(at + 3)) {
      if (all[at] === 23) lengths.push(all.readUInt16BE(at + 3));
    }
    return lengths;
  }

  close(): void {
    this.client.destroy();
    this.session.free();
  }
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', version => {
  const only: ConnectionOptions = { minVersion: version, maxVersion: version };

  test.each([0, 1, 16_384, 16_385, MOST_SEALED])('%i bytes go there and back', async length => {
    const pair = await new Pair(context, only).open();
    expect(pair.client.getProtocol()).toBe(version);
    const bytes = Buffer.alloc(length, 7);
    const got: Buffer[] = [];
    pair.client.on('data', chunk => got.push(chunk));
    pair.client.write(bytes);
    await until(() => Buffer.concat(pair.clear).length === length);
    expect(Buffer.concat(pair.clear)).toEqual(bytes);
    pair.seal(bytes);
    await until(() => Buffer.concat(got).length === length);
    expect(Buffer.concat(got)).toEqual(bytes);
    pair.close();
  });

  test('each part is a record', async () => {
    const pair = await new Pair(context, only).open();
    pair.records();
    pair.seal(Buffer.alloc(60, 1), [10, 30, 60]);
    const [first, second, third] = pair.records();
    expect([second! - first!, third! - second!]).toEqual([10, 10]);
    pair.seal(Buffer.alloc(60, 1), [60, 60, 60]); // parts without bytes are none
    expect(pair.records()).toHaveLength(1);
    pair.close();
  });

  test('a record may come byte by byte, and several at once', async () => {
    const pair = await new Pair(context, only).open();
    const records: Buffer[] = [];
    pair.take = bytes => {
      records.push(bytes);
    };
    for (const word of ['one', 'two', 'three']) await new Promise(resolve => pair.client.write(word, resolve));
    const all = Buffer.concat(records);
    for (const byte of all.subarray(0, 30)) Pair.prototype.take.call(pair, Buffer.of(byte));
    Pair.prototype.take.call(pair, all.subarray(30));
    expect(Buffer.concat(pair.clear).toString()).toBe('onetwothree');
    pair.close();
  });

  test('both sides may say that they are done', async () => {
    const pair = await new Pair(context, only).open();
    const ended = once(pair.client.resume(), 'end');
    pair.session.sealEnd();
    pair.fetch();
    await ended;
    pair.client.end();
    await until(() => pair.session.state === 'closed');
    pair.close();
  });

  test('who has said that he is done can still be told something', async () => {
    const pair = await new Pair(context, { ...only, allowHalfOpen: true } as ConnectionOptions).open();
    const got: Buffer[] = [];
    pair.client.on('data', chunk => got.push(chunk));
    pair.client.end('that is all');
    await until(() => pair.session.state === 'closed');
    expect(pair.session.canSeal).toBe(true);
    pair.seal(Buffer.from('and back'));
    await until(() => String(Buffer.concat(got)) === 'and back');
    pair.session.sealEnd();
    expect(pair.session.canSeal).toBe(false);
    pair.fetch();
    pair.close();
  });

  test('a record that was changed on its way ends the session', async () => {
    const pair = await new Pair(context, only).open();
    pair.take = bytes => {
      bytes[bytes.length - 1]! ^= 1;
      Pair.prototype.take.call(pair, bytes);
    };
    pair.client.write('hello');
    await until(() => pair.session.state === 'failed');
    expect(pair.clear).toEqual([]);
    await until(() => pair.errors.length === 1); // it is told
    pair.close();
  });
});

test('sessions that take turns do not get what is for the others', async () => {
  const pairs = await Promise.all(Array.from({ length: 8 }, () => new Pair().open()));
  const got = pairs.map(({ client }) => {
    const chunks: Buffer[] = [];
    client.on('data', chunk => chunks.push(chunk));
    return chunks;
  });
  for (let round = 0; round < 50; round++) {
    for (const [i, pair] of pairs.entries()) {
      pair.client.write(`${i}`.repeat(round * 20));
      pair.seal(Buffer.from(`${i}`.repeat(round * 20 + 1)));
    }
    await new Promise(setImmediate);
  }
  const each = 20 * ((49 * 50) / 2);
  await until(() => pairs.every(({ clear }, i) => Buffer.concat(clear).length === each && got[i]!.length > 0));
  await until(() => got.every(chunks => Buffer.concat(chunks).length === each + 50));
  for (const [i, pair] of pairs.entries()) {
    expect(new Set(Buffer.concat(pair.clear).toString())).toEqual(new Set([`${i}`]));
    expect(new Set(Buffer.concat(got[i]!).toString())).toEqual(new Set([`${i}`]));
    pair.close();
  }
});

test('what is no TLS leaves nothing for the next session', async () => {
  const bad = new TlsSession(context);
  const noise = Buffer.concat([Buffer.of(22, 3, 1, 0, 64), Buffer.alloc(2_000, 0xee)]);
  expect(bad.take(noise)).toHaveLength(0);
  expect(bad.state).toBe('failed');
  const into = Buffer.alloc(100);
  expect(bad.fetch(into)).toBe(7); // an alert
  expect(into[0]).toBe(21);
  expect(bad.take(noise)).toHaveLength(0);
  bad.free();
  expect(bad.take(noise)).toHaveLength(0);
  const pair = await new Pair().open();
  pair.client.write('fine');
  await until(() => String(pair.clear) === 'fine');
  pair.close();
});

test('what a session did not fetch reaches nobody else', async () => {
  const [careless, other] = [await new Pair().open(), await new Pair().open()];
  other.sent.length = 0;
  careless.session.seal(Buffer.from('mine'), 0, [4]);
  other.seal(Buffer.from('yours'));
  expect(other.records()).toHaveLength(1);
  careless.session.seal(Buffer.from('mine'), 0, [4]);
  other.take(Buffer.alloc(0));
  expect(other.sent).toEqual([]);
  careless.close();
  other.close();
});

test('more than fits into the shared memory is the caller’s mistake', () => {
  const session = new TlsSession(context);
  expect(() => session.take(Buffer.alloc(MOST_TAKEN + 1))).toThrow(RangeError);
  expect(() => session.seal(Buffer.alloc(MOST_SEALED + 1), 0, [MOST_SEALED + 1])).toThrow(RangeError);
  session.free();
});

test('a client that resumes a session is believed', async () => {
  const first = await new Pair(context, { maxVersion: 'TLSv1.2' }).open();
  const session = first.client.getSession()!;
  first.close();
  const second = await new Pair(context, { maxVersion: 'TLSv1.2', session }).open();
  expect(second.client.isSessionReused()).toBe(true);
  second.close();
});

describe('a context', () => {
  test('presents its whole chain', async () => {
    const root = await Authority.make('root');
    const between = await root.below('between');
    const { certificate, key } = await between.issue({ dns: ['edge.example.test'] });
    const chain = `${certificate}\n${between.certificate}`;
    const own = new TlsContext(native, { certificate: chain, key, protocols: PROTOCOLS });
    const trust = { ca: root.certificate, servername: 'edge.example.test', rejectUnauthorized: true };
    const pair = await new Pair(own, trust).open();
    expect(pair.client.authorized).toBe(true);
    pair.close();
    own.free();
  });

  test('that is given up is kept by its sessions', async () => {
    const own = new TlsContext(native, { ...pem, protocols: PROTOCOLS });
    const pair = await new Pair(own).open();
    own.free();
    pair.client.write('still here');
    await until(() => String(pair.clear) === 'still here');
    pair.close();
  });

  test.each([
    ['no certificate', 'there is no certificate in it', (good: Pem) => ({ ...good, certificate: 'nonsense' })],
    ['no key', /the key: error:.*/, (good: Pem) => ({ ...good, key: 'nonsense' })],
  ])('with %s is refused with its reason', (_, reason, spoilt) => {
    expect(() => new TlsContext(native, { ...spoilt(pem), protocols: PROTOCOLS })).toThrow(reason);
  });

  test('with the key of another is refused', async () => {
    const { key } = await certificateFor('other.example.test');
    expect(() => new TlsContext(native, { ...pem, key, protocols: PROTOCOLS })).toThrow(/key values mismatch/);
  });
});
