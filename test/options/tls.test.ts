import { X509Certificate } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/control/config/index.ts';
import { Edge, makeLog } from '../../src/server/index.ts';
import { Edges } from '../testkit/edges.ts';
import { PemFiles, pemPair } from '../testkit/pem-files.ts';
import { overTls, TurnTestClient } from '../testkit/turn-client.ts';

const edges = new Edges();
const folders: PemFiles[] = [];
afterEach(async () => {
  await edges.close();
  await Promise.all(folders.splice(0).map(files => files.remove()));
});

test('TLS clients are shown the configured certificate, and sent to its name', async () => {
  const { pair, tls } = await pemFiles();
  const edge = await edges.start({ external: { tcp: 0 }, credentials: { secrets: ['s'] }, tls });
  const path = await overTls(edge.ports.tcp[0]!, '127.0.0.1', pair.certificate); // trusts nothing else
  expect(await edges.client(path).isAnswered()).toBe(true);
  expect(path.socket.alpnProtocol).toBe('stun.turn');
  const urls = edge.iceServers(edge.mint('ann')).flatMap(server => server.urls);
  expect(urls).toContain(`turns:turn.example.test:${edge.ports.tcp[0]}?transport=tcp`);
});

test('the configured key is the one that is used: one that does not fit the certificate is refused at start', async () => {
  const [one, other] = [await pemFiles(), await pemFiles()];
  const tls = { ...one.tls, key: other.tls.key };
  await expect(edges.start({ external: { tcp: 0 }, tls })).rejects.toMatchObject({ code: 'SALLYPORT_TLS_MISMATCH' });
  const absent = { ...tls, key: `${one.tls.key}.absent` };
  await expect(edges.start({ external: { tcp: 0 }, tls: absent })).rejects.toMatchObject({
    code: 'SALLYPORT_TLS_UNREADABLE',
  });
});

test('certificate files that change are read again, unless they are unusable, and connections stay', async () => {
  const { files } = await pemFiles();
  const edge = await startWatching(files);
  try {
    const port = edge.ports.tcp[0]!;
    const before = await overTls(port);
    const client = new TurnTestClient(before);
    await client.relayed();
    await files.write({ certificate: 'torn', key: 'torn' });
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(await shownOn(port)).toBe(before.socket.getPeerCertificate().fingerprint256);
    const renewed = await pemPair('turn.example.test');
    await files.write(renewed);
    await vi.waitUntil(async () => (await shownOn(port)) === new X509Certificate(renewed.certificate).fingerprint256);
    expect((await client.refresh(600)).summary).toBe('success 600');
    await client.close();
  } finally {
    await edge.close();
  }
});

async function pemFiles() {
  const pair = await pemPair('turn.example.test');
  const files = await PemFiles.make(pair);
  folders.push(files);
  const { certificate, key } = files;
  return { pair, files, tls: { certificate, key } };
}

/** As `createEdge` does, but the files are looked at often. */
function startWatching({ certificate, key }: PemFiles): Promise<Edge> {
  const { config } = loadConfig(
    JSON.stringify({
      external: { address: '127.0.0.1', udp: [], tcp: 0 },
      credentials: { users: { alice: 'wonderland' } },
      tls: { certificate, key },
    }),
    '/',
  );
  return Edge.start(config!, { log: makeLog('silent'), certificateCheckMillis: 20 });
}

async function shownOn(port: number): Promise<string> {
  const path = await overTls(port);
  const { fingerprint256 } = path.socket.getPeerCertificate();
  await path.close();
  return fingerprint256;
}
