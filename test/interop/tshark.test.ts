import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createEdge } from '../../src/index.ts';
import { Program, pause, run } from '../testkit/program.ts';
import { pathOf, requires } from '../testkit/requires.ts';
import { type Peer, startPeer, uclient } from './coturn-tools.ts';

/** Engine dgram, since a capture on loopback shows the trains that mmsg hands to the kernel before they are cut into datagrams. */
const CONFIG = `
engines: [dgram]
realm: example.test
external: { address: 127.0.0.1, udp: 0, tcp: [0], peers: { allow: [127.0.0.0/8] } }
credentials: { users: { alice: wonderland } }
`;
const STATIC = ['-u', 'alice', '-w', 'wonderland'];
const theRightToCapture = { name: 'the right to capture packets on lo', isMet: mayCapture };

let edge: Awaited<ReturnType<typeof createEdge>>;
let peer: Peer | undefined;
let directory: string;

beforeEach(context => requires(context, 'tshark', 'turnutils_uclient', 'turnutils_peer', theRightToCapture));
beforeAll(async () => {
  edge = await createEdge(CONFIG);
  directory = mkdtempSync(join(tmpdir(), 'sallyport-capture-'));
  if (pathOf('turnutils_peer') !== undefined) peer = await startPeer('127.0.0.1');
});
afterAll(async () => {
  await peer?.stop();
  await edge.close();
  rmSync(directory, { recursive: true });
});

test('Wireshark reads everything the edge writes, over UDP and TCP, and finds nothing malformed', async () => {
  const [udp, tcp] = [edge.ports.udp[0]!, edge.ports.tcp[0]!];
  const file = await capture(`udp port ${udp} or tcp port ${tcp}`, async () => {
    await exchange(udp, []);
    await exchange(udp, ['-s']);
    await exchange(tcp, ['-t']);
    await exchange(tcp, ['-t', '-s']);
  });
  const ours = `(udp.srcport == ${udp} || tcp.srcport == ${tcp})`;
  const read = (filter: string, ...fields: string[]) => fieldsOf(file, { udp, tcp }, filter, fields);

  expect(await read(`${ours} && (_ws.malformed || (stun && _ws.expert.severity == error))`, 'frame.number')).toEqual(
    [],
  );
  expect(await read(`${ours} && udp && !stun`, 'frame.number')).toEqual([]);
  const types = new Set((await read(`${ours} && stun.type`, 'stun.type')).flatMap(line => line.split(',')));
  // Allocate, Refresh, CreatePermission and ChannelBind answered, a 401, and Data indications
  expect([...types]).toEqual(expect.arrayContaining(['0x0103', '0x0104', '0x0108', '0x0109', '0x0113', '0x0017']));
  expect((await read(`${ours} && stun.channel`, 'stun.channel')).length).toBeGreaterThan(0);
  const fingerprints = new Set(
    (await read(`${ours} && stun.att.crc32`, 'stun.att.crc32.status')).flatMap(s => s.split(',')),
  );
  expect([...fingerprints].filter(status => status !== '1' && status !== 'Good')).toEqual([]);
});

async function exchange(port: number, flags: readonly string[]): Promise<void> {
  const result = await uclient({
    server: '127.0.0.1',
    port,
    flags: [...flags, ...STATIC],
    messages: 10,
    ...(peer && { peer }),
  });
  expect(result.received, result.output).toBe(20);
}

async function capture(filter: string, during: () => Promise<void>): Promise<string> {
  const file = join(directory, 'lo.pcapng');
  const tshark = new Program('tshark', ['-i', 'lo', '-f', filter, '-w', file]);
  await tshark.until(() => tshark.output.includes('Capture started'));
  await during();
  await pause(500); // what the kernel still holds
  await tshark.stop('SIGINT');
  return file;
}

async function fieldsOf(
  file: string,
  { udp, tcp }: { udp: number; tcp: number },
  filter: string,
  fields: readonly string[],
): Promise<string[]> {
  const decodeAs = ['-d', `udp.port==${udp},stun`, '-d', `tcp.port==${tcp},stun`];
  const names = fields.flatMap(field => ['-e', field]);
  const { status, output } = await run('tshark', ['-r', file, ...decodeAs, '-Y', filter, '-T', 'fields', ...names]);
  expect(status, output).toBe(0);
  return output.split('\n').filter(line => line !== '' && !line.startsWith('Running as'));
}

function mayCapture(): boolean {
  const dumpcap = pathOf('dumpcap');
  return dumpcap !== undefined && spawnSync(dumpcap, ['-D'], { encoding: 'utf8' }).stdout.includes('lo');
}
