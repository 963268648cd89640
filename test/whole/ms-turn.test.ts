import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  FrameReader,
  LONGEST_MS_FRAME,
  MS_ATTRIBUTES,
  MS_FRAME_HEADER,
  MS_FRAMES,
  PSEUDO_TLS_ANSWER_LENGTH,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../src/wire/index.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { MsReply, MsTalker } from '../testkit/ms-talker.ts';
import { openTcp, openTls, pause, readUntil, until } from '../testkit/stream-bytes.ts';
import { overUdp, type TestPath } from '../testkit/turn-client.ts';
import { fromHex } from '../vectors/ms-turn.ts';

const A = MS_ATTRIBUTES;
const LOOPBACK = parseIp('127.0.0.1')!;
const PSEUDO_HELLO = fromHex(`160301002d010000290301${'5a'.repeat(32)}00000200180100`);

let bench: EdgeBench;
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  bench = await EdgeBench.start();
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await bench.close();
});

/** A client over UDP with an allocation, and everything it is sent. */
async function client(user = 'alice', password = 'wonderland') {
  const path = await overUdp(bench.udp, '127.0.0.1');
  undo.push(() => path.close());
  const talker = new MsTalker(user, password);
  const got: Uint8Array[] = [];
  path.onMessage = bytes => got.push(bytes.slice());
  talker.learn(await exchange(path, got, talker.allocate()));
  const allocated = talker.learn(await exchange(path, got, talker.allocate()));
  return { path, talker, got, relayed: Number(allocated.address(A.MappedAddress)?.split(':')[1]) };
}

async function exchange(path: TestPath, got: Uint8Array[], request: Uint8Array): Promise<MsReply> {
  path.send(request);
  await until(() => got.length > 0);
  return new MsReply(got.shift()!);
}

async function peer(): Promise<{ socket: UdpSocket; address: TransportAddress; got: string[] }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const got: string[] = [];
  socket.on('message', bytes => got.push(bytes.toString('latin1')));
  undo.push(() => socket.close());
  return { socket, address: withPort(LOOPBACK, socket.address().port), got };
}

const refusals = (reason: string) => bench.metric(`sallyport_refusals_total{reason="${reason}"}`);

describe('over UDP', () => {
  test('data goes by Send and Data Indication, then bare both ways, and the old way for other peers', async () => {
    const { path, talker, got, relayed } = await client();
    const [one, two] = [await peer(), await peer()];
    path.send(talker.send(one.address, 'hello'));
    path.send(talker.send(two.address, 'hello too'));
    await until(() => one.got.length + two.got.length === 2);
    one.socket.send('welcome', relayed, '127.0.0.1');
    await until(() => got.length === 1);
    const indication = new MsReply(got.shift()!);
    expect([indication.text(A.Data), indication.address(A.RemoteAddress)]).toEqual([
      'welcome',
      `127.0.0.1:${one.address.port}`,
    ]);

    expect((await exchange(path, got, talker.setActive(one.address))).type).toBe(0x0106);
    path.send(Buffer.from('\0\x01\0\0!\x12\xa4Bbare STUN, or what looks like it', 'latin1'));
    path.send(Buffer.from('@\0\0\x01x'));
    await until(() => one.got.length === 3);
    expect(one.got.slice(1)).toEqual(['\0\x01\0\0!\x12\xa4Bbare STUN, or what looks like it', '@\0\0\x01x']);
    one.socket.send('bare too', relayed, '127.0.0.1');
    await until(() => got.length === 1);
    expect(Buffer.from(got.shift()!).toString()).toBe('bare too');
    two.socket.send('still here', relayed, '127.0.0.1');
    path.send(talker.send(two.address, 'by Send'));
    await until(() => got.length === 1 && two.got.length === 2);
    expect(new MsReply(got.shift()!).text(A.Data)).toBe('still here');
  });

  test('what is replayed or altered is dropped, counted by reason, and changes nothing', async () => {
    const { path, talker, got } = await client();
    const [right, wrong] = [await peer(), await peer()];
    const send = talker.send(right.address, 'once');
    const setActive = talker.setActive(right.address);
    path.send(send);
    await exchange(path, got, setActive);
    for (let i = 0; i < 5; i++) path.send(send);
    path.send(send.with(send.length - 1, send.at(-1)! ^ 1));
    path.send(talker.setActive(wrong.address, { key: new Uint8Array(16) }));
    path.send(talker.setActive(wrong.address, { connectionId: new Uint8Array(20) }));
    path.send(talker.setActive(wrong.address, { sequence: 1 }));
    await until(async () => (await refusals('ms-replayed')) === 6);
    expect([await refusals('ms-wrong-integrity'), await refusals('ms-other-connection')]).toEqual([2, 1]);
    path.send(Buffer.from('bare'));
    await until(() => right.got.length === 2);
    await pause(30);
    expect([right.got, wrong.got, got]).toEqual([['once', 'bare'], [], []]);
  });

  test('the peer policy holds for Send and for the active destination', async () => {
    const { path, talker, got } = await client();
    const denied = withPort(parseIp('10.1.2.3')!, 9);
    path.send(talker.send(denied, 'x'));
    expect((await exchange(path, got, talker.setActive(denied))).code).toBe(400);
    path.send(talker.send(withPort(LOOPBACK, bench.udp), 'x'));
    await until(async () => (await refusals('send-to-own-endpoint')) === 1);
    expect(await refusals('peer-denied')).toBe(2);
  });

  test('a relay token gets an allocation, whose record names its user', async () => {
    const { username, password } = bench.edge.mintRelayToken('erin');
    const bytes = (text: string) => Buffer.from(text, 'base64') as unknown as string;
    const { path, talker, got } = await client(bytes(username), bytes(password));
    const released = await exchange(
      path,
      got,
      talker.allocate(w => w.uint32(A.Lifetime, 0)),
    );
    expect(released.uint32(A.Lifetime)).toBe(0);
    await until(() => bench.logged('allocation ended').length === 1);
    expect(bench.logged('allocation ended')[0]).toMatchObject({
      reason: 'refreshed-to-zero',
      user: expect.stringMatching(/^token:\d+:erin$/),
    });
  });
});

describe.each(['plain', 'pseudo-TLS', 'TLS'])('over a stream, %s', how => {
  test('an Allocate is challenged in frames, and given a relay under seal', async () => {
    const socket = await (how === 'TLS' ? openTls(bench.tcp) : openTcp(bench.tcp));
    undo.push(() => socket.destroy());
    if (how === 'pseudo-TLS') {
      socket.write(PSEUDO_HELLO);
      const answer = await readUntil(socket, all => all.length >= PSEUDO_TLS_ANSWER_LENGTH);
      expect(answer).toHaveLength(PSEUDO_TLS_ANSWER_LENGTH);
    }
    const replies: MsReply[] = [];
    const reader = new FrameReader(LONGEST_MS_FRAME, MS_FRAMES);
    socket.on('data', chunk =>
      reader.push(chunk, (b, start, end) => replies.push(new MsReply(b.slice(start + MS_FRAME_HEADER, end)))),
    );
    const talker = new MsTalker('alice', 'wonderland');
    const say = (message: Uint8Array) =>
      socket.write(Buffer.concat([Buffer.of(2, 0, message.length >> 8, message.length & 255), message]));
    say(talker.allocate());
    await until(() => replies.length === 1);
    talker.learn(replies[0]!);
    say(talker.allocate());
    await until(() => replies.length === 2);
    expect([replies[0]!.code, replies[1]!.code, replies[1]!.isSealedBy(talker.key)]).toEqual([401, undefined, true]);
    expect(replies[1]!.address(A.MappedAddress)).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});
