import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createEdge, type Edge } from '../src/index.ts';

const running: Edge[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(edge => edge.close()));
});

test('the admin listener is on the configured address', async () => {
  const edge = await startWith({ address: '127.0.0.2', port: 0, token: 't0ken' });
  expect(new URL(edge.adminUrl!).hostname).toBe('127.0.0.2');
  expect((await fetch(new URL('/healthz', edge.adminUrl))).status).toBe(200);
  await expect(fetch(`http://127.0.0.1:${edge.ports.admin}/healthz`)).rejects.toThrow();
});

test('the admin listener is on the configured port', async () => {
  const port = await freeTcpPort();
  await startWith({ port, token: 't0ken' });
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

test('the configured token mints, and no other', async () => {
  const edge = await startWith({ port: 0, token: 't0ken' });
  const statusWith = async (token: string) => {
    const answer = await fetch(new URL('/v1/credentials', edge.adminUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"user":"alice"}',
    });
    return answer.status;
  };
  expect(await statusWith('t0ken')).toBe(201);
  expect(await statusWith('another')).toBe(401);
});

test('without admin in the configuration there is no admin listener', async () => {
  const edge = await startWith(undefined);
  expect([edge.adminUrl, edge.ports.admin]).toEqual([undefined, undefined]);
});

async function startWith(admin: { address?: string; port: number; token: string } | undefined): Promise<Edge> {
  const edge = await createEdge({
    external: { address: '127.0.0.1', udp: 0, tcp: [] },
    credentials: { secrets: ['north-wind'] },
    ...(admin && { admin }),
  });
  running.push(edge);
  return edge;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
