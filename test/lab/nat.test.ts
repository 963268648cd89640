import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isMet, requires } from '../testkit/requires.ts';
import { capture, type Packet } from './network/capture.ts';
import { LAB_NEEDS } from './network/needs.ts';
import { DESK, EDGE, EDGE_INSIDE, type HostName, PARTNER, Perimeter, PUBLIC } from './network/perimeter.ts';

/* The worked example of the documents: the edge at 10.45.16.10 behind 131.107.155.30, and nothing loaded that the planner did not print. */

const CONFIG = `realm: lab
external: { address: ${EDGE}, public: ${PUBLIC} }
internal: { address: ${EDGE_INSIDE}, networks: [192.168.0.0/16] }
federation: [{ name: contoso.example, kind: standard }]
credentials: { users: { alice: wonderland } }
limits: { allocations: 1000, connections: 1000 }
workers: 1
`;
const CHANNEL = 0x4001;

let lab: Perimeter | undefined;
let folder: string;
beforeAll(async () => {
  if (!LAB_NEEDS.every(isMet)) return;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lab-'));
  lab = await Perimeter.build(CONFIG, folder);
}, 60_000);
afterAll(async () => {
  await lab?.close();
  if (lab !== undefined) rmSync(folder, { recursive: true });
});
beforeEach(context => requires(context, ...LAB_NEEDS));

test('the NAT changes the destination of what comes in, the source of what goes out, and not a bit besides', async () => {
  const [outside, inside] = [await capture(lab!.net, 'nat', 'internet'), await capture(lab!.net, 'nat', 'perimeter')];
  await call('home', 'udp');
  await call('hotel', 'tcp');
  const heard = await relayToPartner();
  const [wide, narrow] = [await outside.stop(), await inside.stop()];

  expect(heard).toMatch(new RegExp(`^${PUBLIC}:5\\d{4} media$`));
  const toEdge = wide.filter(({ destination }) => destination === PUBLIC);
  const fromEdge = narrow.filter(({ source }) => source === EDGE);
  expect(toEdge.length).toBeGreaterThan(10);
  expect(fromEdge.length).toBeGreaterThan(10);
  expect(narrow.filter(({ source }) => source !== EDGE)).toEqual(
    toEdge.map(packet => ({ ...oneHopOn(packet), destination: EDGE })),
  );
  expect(wide.filter(({ destination }) => destination !== PUBLIC)).toEqual(
    fromEdge.map(packet => ({ ...oneHopOn(packet), source: PUBLIC })),
  );
});

test.each(['home', 'hotel'] as const)('a call between the %s and a desk inside works over UDP', async name => {
  expect(await call(name, 'udp')).toEqual({ atHome: ['from the desk'], atDesk: [`from the ${name}`] });
});

test('where UDP is blocked, the call works over TCP 443, and over TLS', async () => {
  await lab!.net.load('hotel-nat', BLOCK_UDP);
  try {
    await expect(allocate('hotel', 'udp')).rejects.toThrow('no answer');
    for (const over of ['tcp', 'tls'] as const) {
      expect(await call('hotel', over)).toEqual({ atHome: ['from the desk'], atDesk: ['from the hotel'] });
    }
  } finally {
    await lab!.net.in('hotel-nat', 'nft', 'delete', 'table', 'ip', 'no_udp');
  }
});

test('the hotel is behind a NAT that gives each destination another port', async () => {
  const seen = await capture(lab!.net, 'hotel-nat', 'internet');
  await lab!.host('hotel').ask({ do: 'datagrams', to: PUBLIC, fromPort: 7000, ports: [3478, 3479] });
  const packets = (await seen.stop()).filter(({ destination }) => destination === PUBLIC);
  expect(new Set(packets.map(({ sourcePort }) => sourcePort)).size).toBe(2);
});

test('relayed addresses are public ones on both sides, and nothing reaches the desk but from the edge inside', async () => {
  const atDesk = await capture(lab!.net, 'desk', 'perimeter');
  await call('hotel', 'udp');
  const far = new Set(
    (await atDesk.stop()).filter(({ destination }) => destination === DESK).map(({ source }) => source),
  );
  expect([...far]).toEqual([EDGE_INSIDE]);
});

const BLOCK_UDP = `table ip no_udp {
  chain forward { type filter hook forward priority 0; meta l4proto udp drop; }
}
`;

/** Both ends allocate, bind a channel to each other's relay, and say one thing; what each heard. */
async function call(name: HostName, over: 'udp' | 'tcp' | 'tls') {
  const [home, desk] = [lab!.host(name), lab!.host('desk')];
  const [there, here] = [await allocate(name, over), await allocate('desk', 'udp')];
  expect([there, here].map(address => address.split(':')[0])).toEqual([PUBLIC, PUBLIC]);
  await home.ask({ do: 'bind', name: 'call', channel: CHANNEL, peer: here });
  await desk.ask({ do: 'bind', name: 'call', channel: CHANNEL, peer: there });
  await home.ask({ do: 'say', name: 'call', channel: CHANNEL, text: `from the ${name}` });
  await desk.ask({ do: 'say', name: 'call', channel: CHANNEL, text: 'from the desk' });
  const [atHome, atDesk] = [await heard(home), await heard(desk)];
  for (const host of [home, desk]) await host.ask({ do: 'leave', name: 'call' });
  return { atHome, atDesk };
}

/** What the edge sends without having been sent anything from there: no state of the NAT leads it out. */
async function relayToPartner(): Promise<string> {
  const [home, partner] = [lab!.host('home'), lab!.host('partner')];
  await partner.ask({ do: 'open', name: 'peer', port: 6000 });
  await allocate('home', 'udp');
  await home.ask({ do: 'bind', name: 'call', channel: CHANNEL, peer: `${PARTNER}:6000` });
  await home.ask({ do: 'say', name: 'call', channel: CHANNEL, text: 'media' });
  for (let round = 0; round < 100; round++) {
    const [text] = await partner.ask<string[]>({ do: 'listened', name: 'peer' });
    if (text !== undefined) return text;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return 'nothing';
}

function allocate(name: HostName, over: 'udp' | 'tcp' | 'tls'): Promise<string> {
  const server = name === 'desk' ? EDGE_INSIDE : PUBLIC;
  const port = over === 'udp' ? 3478 : 443;
  return lab!.host(name).ask({ do: 'allocate', name: 'call', server, port, over });
}

async function heard(host: ReturnType<Perimeter['host']>): Promise<string[]> {
  for (let round = 0; round < 100; round++) {
    const texts = await host.ask<string[]>({ do: 'heard', name: 'call' });
    if (texts.length > 0) return texts;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return [];
}

function oneHopOn(packet: Packet): Packet {
  return { ...packet, ttl: packet.ttl - 1 };
}
