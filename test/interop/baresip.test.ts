import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { capture } from '../lab/network/capture.ts';
import { LAB_NEEDS } from '../lab/network/needs.ts';
import { pause } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import { AccessLab, CLIENTS, type ClientName, EDGE } from './access-lab.ts';
import { Baresip } from './baresip.ts';
import { openedWith, relayedIn } from './relayed-media.ts';

const WAIT = { timeout: 20_000, interval: 100 };
const STATIC = { username: 'carol', password: 'christmas' };

let folder: string;
let lab: AccessLab;
const phones: Baresip[] = [];

beforeEach(async context => {
  requires(context, ...LAB_NEEDS, 'baresip', 'curl');
  folder = mkdtempSync(join(tmpdir(), 'sallyport-baresip-'));
  lab = await AccessLab.build(folder, {
    credentials: { secrets: ['north-wind'], users: { [STATIC.username]: STATIC.password } },
  });
});
afterEach(async () => {
  for (const one of phones.splice(0)) await one.stop();
  await lab?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('two phones that reach nothing but the edge sign in over TLS, call each other with SDES-SRTP through their relays, and hang up', async () => {
  const wire = await capture(lab.net, 'alice', 'edge');
  const alice = phone('alice', { turn: STATIC });
  const bob = phone('bob', { turn: await lab.mint('bob') });
  await expect.poll(() => lab.logged('signed in').length, WAIT).toBe(2);
  alice.type('/dial sip:bob@example.test');
  await expect.poll(() => alice.output, WAIT).toMatch(/Call established/);
  for (const one of [alice, bob]) {
    expect(one.output).toContain('SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)');
    await expect.poll(() => one.output, WAIT).toContain("incoming rtp for 'audio' established");
  }
  await pause(1_000); // of talk
  alice.type('/hangup');
  await expect.poll(() => bob.output, WAIT).toMatch(/^BYE sip:bob/m);
  await expect.poll(() => alice.output, WAIT).toMatch(/^SIP\/2\.0 200 OK\r\n(?:.+\r\n)*CSeq: \d+ BYE/m);

  const packets = await wire.stop();
  expect(packets.filter(({ source, destination }) => ![source, destination].includes(EDGE))).toEqual([]);
  for (const toEdge of [true, false]) {
    const media = relayedIn(packets, EDGE, [3478]).filter(one => one.toEdge === toEdge);
    const { rtp, foreign } = openedWith(
      alice.mediaKeys(),
      media.map(({ bytes }) => bytes),
    );
    expect(rtp.length).toBeGreaterThan(30);
    expect(foreign).toEqual([]);
  }
  await expect.poll(() => lab.logged('allocation ended').length, WAIT).toBe(4);
  const users = lab.logged('allocation ended').map(({ user }) => String(user).replace(/^\d+:/, ''));
  expect(new Set(users)).toEqual(new Set(['carol', 'bob']));
});

test('a wrong password is refused in words, after three tries', async () => {
  const intruder = phone('alice', { password: 'guess' });
  await expect.poll(() => intruder.output, WAIT).toContain('403 Forbidden');
  expect(intruder.output).toContain('Too many wrong passwords');
  await expect.poll(() => lab.logged('locked out for a minute: too many wrong passwords').length, WAIT).toBe(1);
  const reasons = lab.logged('refused').map(({ refusal }) => refusal);
  expect(reasons).toEqual(['unauthenticated', 'wrong-password', 'wrong-password', 'wrong-password']);
  expect(lab.logged('signed in')).toEqual([]);
});

test('who has a wrong password for the relay is told so, and no call begins', async () => {
  const alice = phone('alice', { turn: { ...STATIC, password: 'easter' } });
  await expect.poll(() => lab.logged('signed in').length, WAIT).toBe(1);
  alice.type('/dial sip:bob@example.test');
  await expect.poll(() => alice.output, WAIT).toMatch(/401 Unauthorized/);
  expect(alice.output).not.toMatch(/^INVITE /m);
});

function phone(
  name: ClientName,
  { password = `${name}-password`, turn }: { password?: string; turn?: { username: string; password: string } } = {},
): Baresip {
  const prefix = lab.net.prefix(name);
  const relay = turn === undefined ? {} : { turn: { server: `${EDGE}:3478`, ...turn } };
  const one = new Baresip({ name, password, server: `${EDGE}:5061`, address: CLIENTS[name], prefix, ...relay });
  phones.push(one);
  return one;
}
