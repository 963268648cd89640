import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { capture, type Packet } from '../lab/network/capture.ts';
import { LAB_NEEDS } from '../lab/network/needs.ts';
import { pause } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import { AccessLab, CLIENTS, type ClientName, EDGE } from './access-lab.ts';
import { builtSipePhone, PIDGIN_SIPE, SipePhone } from './pidgin-sipe/sipe-phone.ts';
import { entropyOf, kindOf, openedWith, relayedIn } from './relayed-media.ts';

const RELAY_PORTS = [3478, 443];

let folder: string;
let program: string;
let lab: AccessLab;
const phones: SipePhone[] = [];

beforeEach(async context => {
  requires(context, ...LAB_NEEDS, ...PIDGIN_SIPE, 'curl');
  folder = mkdtempSync(join(tmpdir(), 'sallyport-pidgin-'));
  program = builtSipePhone(folder);
  lab = await AccessLab.build(folder);
});
afterEach(async () => {
  for (const one of phones.splice(0)) await one.stop();
  await lab?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

describe('two pidgin-sipe clients that reach nothing but the edge sign in over TLS, fetch credentials and talk through their relays', () => {
  test('over UDP', async () => {
    const { packets, keys } = await call();
    expectSrtpOnly(packets, keys);
    expect(packets.filter(ofRelay).map(({ protocol }) => protocol)).toContain('udp');
  });

  test('over TCP 443, where UDP is dropped', async () => {
    await lab.blockUdp();
    const { packets, keys } = await call();
    expectSrtpOnly(packets, keys);
    expect(new Set(packets.map(({ protocol }) => protocol))).toEqual(new Set(['tcp']));
  });
});

test('a wrong password is refused in words, and not asked for again', async () => {
  const alice = phone('alice', { password: 'guess' });
  await alice.until('connection error');
  expect(alice.output).toMatch(/connection error \d+: .*Too many wrong passwords/);
  expect(alice.output).not.toContain('signed on');
});

test('a certificate that nobody has vouched for is asked about, and who refuses it has said no password', async () => {
  const alice = phone('alice', { isWary: true });
  await alice.until('connection error');
  expect(alice.output).toContain(`asked: Accept certificate for ${EDGE}?`);
  expect(alice.output).toContain('answered: Reject');
  expect(alice.messages('sent')).toEqual([]);
  expect(lab.logged('signed in')).toEqual([]);
});

/** A call from alice to bob for some seconds, and what passed her cable meanwhile. */
async function call(): Promise<{ packets: Packet[]; keys: string[] }> {
  const wire = await capture(lab.net, 'alice', 'edge');
  const bob = phone('bob');
  await bob.until('signed on');
  const alice = phone('alice', { callee: 'sip:bob@example.test' });
  await Promise.all([
    alice.until('media state 1 of (audio, sip:bob@example.test)'.replace(/[()]/g, '\\$&'), 40_000),
    bob.until('media state 1 of (audio, sip:alice@example.test)'.replace(/[()]/g, '\\$&'), 40_000),
  ]);
  await pause(5_000); // of talk: the first RTCP comes after 3.1 s at the latest (RFC 3550 §6.3.1)
  const packets = await wire.stop();
  expectCredentialsBySip(alice);
  for (const one of [alice, bob]) {
    const said = one.messages('sent').filter(message => message.includes('m=audio'));
    expect(said.at(-1)).toMatch(/^m=audio \d+ (TCP\/)?RTP\/SAVP /m); // the first offer says AVP and brings a key all the same
  }
  return { packets, keys: [...alice.mediaKeys(), ...bob.mediaKeys()] };
}

function phone(user: ClientName, more: { password?: string; callee?: string; isWary?: boolean } = {}): SipePhone {
  const { net } = lab;
  const server = `${EDGE}:5061`;
  const one = new SipePhone({
    net,
    machine: user,
    program,
    folder,
    user,
    password: `${user}-password`,
    server,
    ...more,
  });
  phones.push(one);
  return one;
}

/** Provisioning named the service, SERVICE brought credentials, and the relay's tokens are what came. */
function expectCredentialsBySip(one: SipePhone): void {
  const asked = one.messages('sent').filter(message => message.includes('application/msrtc-media-relay-auth+xml'));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked[0]).toMatch(/^SERVICE sip:/);
  const said = one.messages('received').find(message => message.includes('<mediaRelay>'));
  expect(said).toContain('reasonPhrase="OK"');
  expect(said).toContain(`<hostName>${EDGE}</hostName><udpPort>3478</udpPort><tcpPort>443</tcpPort>`);
}

function expectSrtpOnly(packets: readonly Packet[], keys: readonly string[]): void {
  expect(keys.length).toBeGreaterThanOrEqual(2);
  expect(packets.filter(packet => !ofEdge(packet)).filter(({ source }) => source === CLIENTS.bob)).toEqual([]);
  const relayed = relayedIn(packets, EDGE, RELAY_PORTS);
  for (const toEdge of [true, false]) {
    const media = relayed.filter(one => one.toEdge === toEdge).map(({ bytes }) => bytes);
    const { rtp, rtcp, foreign } = openedWith(keys, media);
    expect(foreign).toEqual([]);
    expect(rtp.length).toBeGreaterThan(50);
    expect(rtcp.length).toBeGreaterThan(0);
    const onTheWire = media.filter(bytes => kindOf(bytes) === 'rtp').map(bytes => bytes.subarray(12, -10));
    expect(onTheWire.map(bytes => Buffer.from(bytes))).not.toEqual(rtp);
    expect(entropyOf(onTheWire)).toBeGreaterThan(entropyOf(rtp));
  }
  expect(relayedIn(packets, EDGE, []).length).toBe(0);
}

function ofEdge({ source, destination }: Packet): boolean {
  return source === EDGE || destination === EDGE;
}

function ofRelay(packet: Packet): boolean {
  return ofEdge(packet) && (RELAY_PORTS.includes(packet.sourcePort) || RELAY_PORTS.includes(packet.destinationPort));
}
