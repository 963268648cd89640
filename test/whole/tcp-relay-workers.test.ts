import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseIp, withPort } from '../../src/wire/index.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { pause, until } from '../testkit/stream-bytes.ts';
import { connectionIdOf, plain, secure, TcpRelayClient } from '../testkit/tcp-relay-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

/** An address on which the edge does not listen: no port is the edge's own by chance. */
const PEERS = '127.0.0.2';
/** A ConnectionBind comes to either of two workers by chance: all to the same one, once in half a million. */
const CONNECTIONS = 20;
const MEGABYTE = 1024 * 1024;

describe('with two workers', () => {
  let bench: WorkersBench;
  beforeEach(context => requires(context, NATIVE));
  beforeAll(async () => {
    if (isMet(NATIVE)) bench = await WorkersBench.start();
  });
  afterAll(() => bench?.close());

  async function echo(
    onConnection: (socket: Socket) => void = socket => socket.pipe(socket),
  ): Promise<{ ports: number[]; sockets: Socket[]; close: () => void }> {
    const [ports, sockets]: [number[], Socket[]] = [[], []];
    const servers = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const server = createServer({ allowHalfOpen: true }, socket => {
          sockets.push(socket);
          onConnection(socket.on('error', () => {}));
        });
        server.listen(0, PEERS);
        await once(server, 'listening');
        ports.push((server.address() as { port: number }).port);
        return server;
      }),
    );
    const close = () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    };
    return { ports, sockets, close };
  }

  test.each([
    ['plain', plain],
    ['TLS', secure],
  ] as const)(
    'a ConnectionBind over %s finds its peer whichever worker it comes to, and all end with the allocation',
    async (_, dialling) => {
      const far = await echo();
      const client = await TcpRelayClient.over(dialling(bench.tcp));
      await client.relayed();
      const joined: Socket[] = [];
      for (const port of far.ports) joined.push(await client.to(withPort(parseIp(PEERS)!, port)));
      const heard = joined.map(async (socket, i) => {
        socket.end(`to peer ${i}`);
        let said = '';
        for await (const chunk of socket) said += chunk;
        return said;
      });
      expect(await Promise.all(heard)).toEqual(joined.map((_, i) => `to peer ${i}`));
      const held = await client.to(withPort(parseIp(PEERS)!, far.ports[0]!));
      const other = await client.to(withPort(parseIp(PEERS)!, far.ports[1]!));
      await client.refresh(0);
      held.resume();
      other.resume();
      await until(() => [held, other].every(socket => socket.destroyed || socket.readableEnded));
      await client.close();
      far.close();
    },
  );

  test('a hundred megabytes over five connections, whosever they are, arrive as they were sent', async () => {
    const far = await echo();
    const client = await TcpRelayClient.over(plain(bench.tcp));
    await client.relayed();
    const block = randomBytes(20 * MEGABYTE);
    const wanted = createHash('sha256').update(block).digest('hex');
    const joined: Socket[] = [];
    for (const port of far.ports.slice(0, 5)) joined.push(await client.to(withPort(parseIp(PEERS)!, port)));
    const heard = joined.map(async socket => {
      socket.end(block);
      const hash = createHash('sha256');
      for await (const chunk of socket) hash.update(chunk);
      return hash.digest('hex');
    });
    expect(await Promise.all(heard)).toEqual(Array(5).fill(wanted));
    await client.close();
    far.close();
  });

  test('peers that do not read stop their clients, and no worker holds much of what was said', async () => {
    const far = await echo(socket => socket.pause());
    const client = await TcpRelayClient.over(plain(bench.tcp));
    await client.relayed();
    const before = [1, 2].map(worker => residentBytes(bench.pid(worker)));
    const joined: Socket[] = [];
    for (const port of far.ports.slice(0, 5)) joined.push(await client.to(withPort(parseIp(PEERS)!, port)));
    for (const socket of joined) socket.write(new Uint8Array(60 * MEGABYTE));
    await pause(1_000);
    for (const socket of joined) expect(socket.writableLength).toBeGreaterThan(20 * MEGABYTE);
    for (const [i, bytes] of before.entries()) {
      expect(residentBytes(bench.pid(i + 1)) - bytes).toBeLessThan(48 * MEGABYTE);
    }
    await client.close();
    far.close();
  });

  test('of another worker’s connection, too, nothing is given to another user or for a wrong number', async () => {
    const far = await echo();
    const client = await TcpRelayClient.over(plain(bench.tcp));
    await client.relayed();
    const id = connectionIdOf(await client.connect(withPort(parseIp(PEERS)!, far.ports[0]!)));
    for (let i = 0; i < 8; i++) {
      expect((await client.bind(id, { username: 'bob', password: 'builder' })).reply.code).toBe(441);
      expect((await client.bind((id ^ 2) >>> 0)).reply.code).toBe(400);
      expect((await client.bind((id ^ 1) >>> 0)).reply.code).toBe(400);
    }
    expect((await client.bind(id)).reply.summary).toBe('success');
    await client.close();
    far.close();
  });
});

function residentBytes(pid: number): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
