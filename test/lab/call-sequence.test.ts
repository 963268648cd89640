import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { MS_TYPES, MsMessageView } from '../../src/wire/index.ts';
import { builtSipePhone, PIDGIN_SIPE, SipePhone } from '../interop/pidgin-sipe/sipe-phone.ts';
import { openedWith, relayedIn } from '../interop/relayed-media.ts';
import { AccessFiles } from '../testkit/access-files.ts';
import { pause } from '../testkit/program.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { capture, type Packet } from './network/capture.ts';
import { LAB_NEEDS } from './network/needs.ts';
import { DESK, EDGE, EDGE_INSIDE, Perimeter, PUBLIC } from './network/perimeter.ts';

/*
 * The whole call of docs/walks/call-sequence.md with pidgin-sipe at both ends, each step seen where it can be seen: alice at home behind a
 * NAT calls bob at a desk inside. Only what the planner printed is let through.
 */

const NEEDS = [...LAB_NEEDS, ...PIDGIN_SIPE];
const HOME = '192.168.1.20';
const SIP = 5061;
const RELAY = 3478;

let lab: Perimeter | undefined;
let folder: string;
let files: AccessFiles;
beforeAll(async () => {
  if (!NEEDS.every(isMet)) return;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-sequence-'));
  files = await AccessFiles.make('example.test', PUBLIC);
  lab = await Perimeter.build(configuration(files.users), folder);
}, 60_000);
afterAll(async () => {
  await lab?.close();
  files?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});
beforeEach(context => requires(context, ...NEEDS));

test('each step of a call from home to a desk is where it belongs', async () => {
  const [outside, inside] = [await capture(lab!.net, 'home', 'home-nat'), await capture(lab!.net, 'desk', 'perimeter')];
  const program = builtSipePhone(folder);
  const phone = (user: 'alice' | 'bob', machine: string, server: string, callee?: string) =>
    new SipePhone({
      net: lab!.net,
      machine,
      program,
      folder,
      user,
      password: `${user}-password`,
      server: `${server}:${SIP}`,
      ...(callee === undefined ? {} : { callee }),
    });
  const bob = phone('bob', 'desk', EDGE_INSIDE);
  await bob.until('signed on');
  const alice = phone('alice', 'home', PUBLIC, 'sip:bob@example.test');
  try {
    await Promise.all([
      alice.until(/media state 1 of \(audio, sip:bob/, 40_000),
      bob.until(/media state 1 of \(audio, sip:alice/, 40_000),
    ]);
    await pause(1_500); // of talk
  } finally {
    await alice.stop();
    await bob.stop();
  }
  const [atHome, atDesk] = [await outside.stop(), await inside.stop()];

  // 1 and 6: each signs in over TLS, at his own side of the edge, and at no other place
  expect(firstTo(atHome, PUBLIC, SIP)).toEqual([0x16, 3]);
  expect(firstTo(atDesk, EDGE_INSIDE, SIP)).toEqual([0x16, 3]);
  await expect.poll(() => logged('signed out').length, { timeout: 10_000 }).toBe(2);
  const sides = logged('signed in').map(({ user, side }) => `${String(user)} ${String(side)}`);
  expect(sides).toEqual(['sip:bob@example.test internal', 'sip:alice@example.test external']);

  // 2 and 7: SERVICE brings credentials, and the relay by the address that is good where they stand
  for (const [one, relay] of [
    [alice, PUBLIC],
    [bob, EDGE_INSIDE],
  ] as const) {
    expect(one.messages('sent').some(message => message.startsWith('SERVICE sip:mras.'))).toBe(true);
    const said = one.messages('received').find(message => message.includes('<mediaRelay>'));
    expect(said).toContain(`<hostName>${relay}</hostName><udpPort>3478</udpPort><tcpPort>443</tcpPort>`);
  }

  // 3 and 8: the relay asks who it is, and is told
  const allocation = ['AllocateRequest', 'AllocateError', 'AllocateRequest', 'AllocateResponse'];
  expect(msTypes(atHome, PUBLIC).slice(0, 4)).toEqual(allocation);
  expect(msTypes(atDesk, EDGE_INSIDE).slice(0, 4)).toEqual(allocation);

  // 4 and 5: the INVITE goes by the edge, with relay addresses in it, and comes to the desk with alice's name
  const invite = bob.messages('received').find(message => message.includes('m=audio'))!;
  expect(invite).toContain('P-Asserted-Identity: <sip:alice@example.test>');
  expect(invite.match(/^Record-Route:/gm)).toHaveLength(2);
  expect(invite).toMatch(new RegExp(`^a=candidate:.* UDP .* ${PUBLIC} \\d+ typ relay`, 'm'));

  // 9: media in both directions on both legs, SRTP by the keys of the SDP and nothing else
  const keys = [...alice.mediaKeys(), ...bob.mediaKeys()];
  for (const [packets, edge] of [
    [atHome, PUBLIC],
    [atDesk, EDGE_INSIDE],
  ] as const) {
    for (const toEdge of [true, false]) {
      const media = relayedIn(packets, edge, [RELAY]).filter(one => one.toEdge === toEdge);
      const { rtp, foreign } = openedWith(
        keys,
        media.map(({ bytes }) => bytes),
      );
      expect(foreign).toEqual([]);
      expect(rtp.length).toBeGreaterThan(30);
    }
  }

  // and nobody ever heard of the other's address but from the edge
  expect(peersOf(atHome, HOME).filter(address => address !== PUBLIC)).toEqual([]);
  expect(peersOf(atDesk, DESK).filter(address => address !== EDGE_INSIDE)).toEqual([]);
}, 90_000);

function configuration(users: string): string {
  return `realm: lab
external: { address: ${EDGE}, public: ${PUBLIC} }
internal: { address: ${EDGE_INSIDE}, networks: [192.168.0.0/16] }
credentials: { secrets: [north-wind] }
tls: { certificate: ${files.tls.certificate}, key: ${files.tls.key} }
access: { users: ${users}, name: ${PUBLIC}, tls: ${SIP}, wss: [] }
limits: { allocations: 500, connections: 500 }
engines: [dgram]
workers: 1
`;
}

function logged(message: string): Record<string, unknown>[] {
  return lab!.edgeLog
    .split('\n')
    .filter(line => line.startsWith('{') && line.endsWith('}'))
    .map(line => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === message);
}

/** The first two bytes of what is said to this port: of TLS, a handshake and its version. */
function firstTo(packets: readonly Packet[], address: string, port: number): number[] {
  const first = packets.find(
    ({ destination, destinationPort, payload }) =>
      destination === address && destinationPort === port && payload.length > 0,
  );
  return [...(first?.payload.subarray(0, 2) ?? [])];
}

/** Messages of the Microsoft dialect in one conversation with the relay over UDP, by name. */
function msTypes(packets: readonly Packet[], edge: string): string[] {
  const names = Object.fromEntries(Object.entries(MS_TYPES).map(([name, type]) => [type, name]));
  const view = new MsMessageView();
  const ofRelay = packets.filter(
    ({ protocol, sourcePort, destinationPort, source, destination }) =>
      protocol === 'udp' &&
      ((source === edge && sourcePort === RELAY) || (destination === edge && destinationPort === RELAY)),
  );
  const client = (packet: Packet) => (packet.source === edge ? packet.destinationPort : packet.sourcePort);
  const first = ofRelay[0] === undefined ? 0 : client(ofRelay[0]);
  return ofRelay
    .filter(packet => client(packet) === first)
    .flatMap(({ payload }) => (view.read(payload, 0, payload.length) === 'ok' ? [names[view.type] ?? 'unknown'] : []));
}

/** Whom this address has heard. */
function peersOf(packets: readonly Packet[], own: string): string[] {
  return [...new Set(packets.filter(({ destination }) => destination === own).map(({ source }) => source))];
}
