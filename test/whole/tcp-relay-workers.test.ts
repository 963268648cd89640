import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseIp, withPort } from '../../src/wire/index.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { until } from '../testkit/stream-bytes.ts';
import { connectionIdOf, plain, secure, TcpRelayClient } from '../testkit/tcp-relay-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

/** An address on which the edge does not listen: no port is the edge's own by chance. */
const PEERS = '127.0.0.2';
/** A ConnectionBind comes to either of two workers by chance: all to the same one, once in half a million. */
const CONNECTIONS = 20;

describe('with two workers', () => {
  let bench: WorkersBench;
  beforeEach(context => requires(context, NATIVE));
  beforeAll(async () => {
    if (isMet(NATIVE)) bench = await WorkersBench.start();
  });
  afterAll(() => bench?.close());

  async function echo(): Promise<{ ports: number[]; sockets: Socket[]; close: () => void }> {
    const [ports, sockets]: [number[], Socket[]] = [[], []];
    const servers = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const server = createServer({ allowHalfOpen: true }, socket => {
          sockets.push(socket);
          socket.on('error', () => {}).pipe(socket);
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
