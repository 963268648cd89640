import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { LAB_NEEDS } from '../lab/network/needs.ts';
import { certificateFor } from '../testkit/certificates.ts';
import type { Program } from '../testkit/program.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { AccessLab, CLIENTS, DESK_INSIDE, EDGE, EDGE_INSIDE, SERVER_INSIDE } from './access-lab.ts';
import { Baresip } from './baresip.ts';
import { startKamailio } from './kamailio/kamailio.ts';

/* kamailio inside has the users the edge does not: erin at a desk, and dora at home, who signs in there by way of the edge. */

const TLS = {
  name: 'kamailio-tls-modules',
  isMet: () => existsSync('/usr/lib/x86_64-linux-gnu/kamailio/modules/tls.so'),
};
const NEEDS = [...LAB_NEEDS, 'baresip', 'kamailio', TLS, 'curl'];
const WAIT = { timeout: 20_000, interval: 100 };
const RELAY_USER = { username: 'carol', password: 'christmas' };

let folder: string;
let lab: AccessLab;
let kamailio: Program;
const phones: Baresip[] = [];

beforeAll(async () => {
  if (!NEEDS.every(isMet)) return;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-kamailio-'));
  const [ours, theirs] = [await certificate('edge', EDGE, EDGE_INSIDE), await certificate('inside', SERVER_INSIDE)];
  lab = await AccessLab.build(folder, {
    internal: { address: EDGE_INSIDE, networks: ['10.0.0.0/8'] },
    tls: ours,
    credentials: { secrets: ['north-wind'], users: { [RELAY_USER.username]: RELAY_USER.password } },
    access: { internal: `sip:${SERVER_INSIDE}:5061;transport=tls`, authorities: theirs.certificate },
  });
  const settings = { net: lab.net, machine: 'inside', folder, address: SERVER_INSIDE, edge: EDGE_INSIDE };
  kamailio = await startKamailio({ ...settings, ...theirs, authorities: ours.certificate });
});
afterEach(async () => {
  for (const one of phones.splice(0)) await one.stop();
});
afterAll(async () => {
  await kamailio?.stop();
  await lab?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
beforeEach(context => requires(context, ...NEEDS));

test('a user of the edge calls one of kamailio, who hangs up', async () => {
  const [alice, erin] = [phone('alice'), phone('erin')];
  await signedIn(alice, erin);
  alice.type('/dial sip:erin@example.test');
  await talk(alice, erin);
  expect(erin.output).toContain('P-Asserted-Identity: <sip:alice@example.test>');
  erin.type('/hangup');
  await expect.poll(() => alice.output, WAIT).toMatch(/^BYE sip:alice/m);
});

test('a user of kamailio calls one of the edge, who hangs up', async () => {
  const [alice, erin] = [phone('alice'), phone('erin')];
  await signedIn(alice, erin);
  erin.type('/dial sip:alice@example.test');
  await talk(alice, erin);
  alice.type('/hangup');
  await expect.poll(() => erin.output, WAIT).toMatch(/^BYE sip:erin/m);
});

test('a user of kamailio who is outside signs in there by way of the edge, and is called by both', async () => {
  const [alice, dora] = [phone('alice'), phone('dora')];
  await signedIn(alice, dora);
  expect(kamailio.output).toMatch(/heard REGISTER from dora at 10\.1\.0\.10:\d+ .*certificate verified 1/);
  alice.type('/dial sip:dora@example.test'); // to kamailio and back: the edge sees the call twice, and it is no loop
  await talk(alice, dora);
  alice.type('/hangup');
  await expect.poll(() => dora.output, WAIT).toMatch(/^BYE sip:dora/m);
});

test('a wrong password of such a user is refused by kamailio, and whom nobody knows is not found', async () => {
  const intruder = phone('dora', 'guess');
  await expect.poll(() => intruder.output, WAIT).toMatch(/401 Unauthorized[\s\S]*401 Unauthorized/);
  const alice = phone('alice');
  await signedIn(alice);
  alice.type('/dial sip:nobody@example.test');
  await expect.poll(() => alice.output, WAIT).toMatch(/404 Not Found/);
});

function phone(name: 'alice' | 'dora' | 'erin', password = `${name}-password`): Baresip {
  const isInside = name === 'erin';
  const machine = { alice: 'alice', dora: 'bob', erin: 'inside' }[name];
  const address = { alice: CLIENTS.alice, dora: CLIENTS.bob, erin: DESK_INSIDE }[name];
  const server = isInside ? `${SERVER_INSIDE}:5061` : `${EDGE}:5061`;
  const turn = { server: `${isInside ? EDGE_INSIDE : EDGE}:3478`, ...RELAY_USER };
  const one = new Baresip({ name, password, server, address, prefix: lab.net.prefix(machine), turn });
  phones.push(one);
  return one;
}

async function signedIn(...them: readonly Baresip[]): Promise<void> {
  for (const one of them) await expect.poll(() => one.output, WAIT).toContain('registered successfully');
}

/** Media through the edge's relays, in both directions. */
async function talk(one: Baresip, other: Baresip): Promise<void> {
  await expect.poll(() => one.output + other.output, WAIT).toMatch(/Call established/);
  for (const each of [one, other]) {
    expect(each.output).toContain('SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)');
    await expect.poll(() => each.output, WAIT).toContain("incoming rtp for 'audio' established");
  }
}

async function certificate(name: string, ...names: string[]): Promise<{ certificate: string; key: string }> {
  const pem = await certificateFor(...names);
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  writeFileSync(files.certificate, pem.certificate);
  writeFileSync(files.key, pem.key);
  return files;
}
