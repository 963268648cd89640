import { afterEach, expect, test } from 'vitest';
import { dice } from '../../../test/testkit/index.ts';
import { type ClientAddress, ipv4, type PeerAddress, type RelayId, withPort } from '../../wire/index.ts';
import type { Upcalls } from '../engine.ts';
import { Forwarder } from '../forwarder.ts';
import type { PacketSockets } from '../packet-sockets.ts';
import { NearSocket } from './near-socket.ts';
import { PacketLinks } from './packet-links.ts';

const RELAY = 0 as RelayId;
const PEER = withPort(ipv4(0xcb007102), 40_000) as PeerAddress;
const KILOBYTE = 1024;

const opened: PacketLinks[] = [];
afterEach(() => {
  for (const links of opened.splice(0)) links.close();
});

test('what waits for a connection goes over the one that comes to meet it, and each packet from there is heard once', async () => {
  const { links, tried, send, heard } = scene();
  send('one');
  send('two');
  const [near, far] = NearSocket.pair();
  links.arrived(PEER, near);
  const [own] = tried[0]!;
  expect(own.destroyed).toBe(true);
  own.emit('connect'); // too late
  expect(await said(far)).toBe('\0\u0003one\0\u0003two');
  far.write('\0\u0005three');
  await soon();
  expect([heard, tried.length]).toEqual([['\0\u0005three'], 1]);
});

test('an attempt that fails leaves what waits for a moment to the peer that is about to come', async () => {
  const { links, tried, send } = scene();
  send('one');
  tried[0]![0].destroy();
  await soon();
  send('two');
  const [near, far] = NearSocket.pair();
  links.arrived(PEER, near);
  expect(await said(far)).toBe('\0\u0003one\0\u0003two');
  expect(tried).toHaveLength(1);
});

test('if nobody comes the next packet is a new attempt, and so it is when a connection has closed', async () => {
  const { tried, send } = scene(1);
  send('one');
  tried[0]![0].destroy();
  await new Promise(resolve => setTimeout(resolve, 250));
  send('two');
  const [near, far] = tried[1]!;
  near.emit('connect');
  expect(await said(far)).toBe('\0\u0003two');
  far.resetAndDestroy();
  await soon();
  expect(send('three')).toBe('sent');
  expect(tried).toHaveLength(3);
});

test('little may wait for a connection, and not much for one that is not read', async () => {
  const { tried, send } = scene();
  const packet = 'x'.repeat(KILOBYTE - 2);
  const sent = () => {
    let count = 0;
    while (send(packet) === 'sent') count++;
    return count;
  };
  expect(sent()).toBe(64);
  const [near] = tried[0]!;
  near.emit('connect');
  await soon();
  sent();
  expect(near.writableLength).toBeGreaterThan(200 * KILOBYTE);
  expect(near.writableLength).toBeLessThanOrEqual(256 * KILOBYTE);
});

/** A relay's links to one permitted peer, and every connection that was tried: our end and the far one. */
function scene(most = 4) {
  const heard: string[] = [];
  const upcalls: Upcalls = {
    fromClient: () => {},
    fromPeer: (_relay, _peer, bytes, start, end) => void heard.push(Buffer.from(bytes.slice(start, end)).toString()),
    relayOpened: () => {},
    relayFailed: () => {},
  };
  const none: PacketSockets = {
    sendToClient: () => 'no-client',
    sendToPeer: () => 'no-relay',
    copy: () => 0,
    copies: new Uint8Array(0),
  };
  const forwarder = new Forwarder(none, upcalls, dice(1));
  const at = withPort(ipv4(1), 443);
  const { id } = forwarder.clients.openStream('tcp', at as ClientAddress, at, { frame: () => true });
  forwarder.flows.addRelay(RELAY, id, 4);
  forwarder.flows.permit(RELAY, PEER);
  const tried: [NearSocket, NearSocket][] = [];
  const connect = () => {
    const pair = NearSocket.pair();
    tried.push(pair);
    return pair[0];
  };
  const links = new PacketLinks(RELAY, most, forwarder, connect);
  opened.push(links);
  const send = (packet: string) => {
    const bytes = Buffer.from(`${String.fromCharCode(packet.length >> 8, packet.length & 255)}${packet}`, 'latin1');
    return links.send(PEER, bytes, 0, bytes.length);
  };
  return { links, tried, send, heard };
}

const soon = () => new Promise(resolve => setTimeout(resolve, 5));

async function said(socket: NearSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk));
  await soon();
  return text;
}
