import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { isMet, requires } from '../../testkit/requires.ts';
import { ROOT } from '../network/needs.ts';
import { idsOf, type Told } from '../network/told.ts';
import { Clinic, EDGE, MATE, NAME, PUBLIC, SECRET } from './clinic.ts';

/* Ten faults as operators make them: doctor and probe name each, and nothing else; about a healthy edge they say nothing. */

const NEEDS = [ROOT, 'ip', 'nft'];

let clinic: Clinic;
beforeAll(async () => {
  if (NEEDS.every(isMet)) clinic = await Clinic.build();
}, 60_000);
afterAll(() => clinic?.close(), 30_000);
beforeEach(context => requires(context, ...NEEDS));
afterEach(async () => {
  await clinic?.stopEdge();
  await clinic?.restore();
});

const IN = `chain in { type nat hook prerouting priority dstnat; ip daddr ${PUBLIC} dnat to ${EDGE}; }`;
const OUT = `chain out { type nat hook postrouting priority srcnat; ip saddr ${EDGE} snat to ${PUBLIC}; }`;

test('a healthy edge has no finding: for the doctor, the probe with a token, and one at home who knows the secret', async () => {
  await clinic.startEdge();
  const token = await clinic.token();
  const told = await Promise.all([
    clinic.doctor('--stun', MATE, '--mate', MATE),
    clinic.probe('visitor', '--token', token, '--mate', MATE),
    clinic.probeWithSecret('home'),
  ]);
  expect(told.map(told => [told.findings, told.verdict, told.status])).toEqual(
    Array.from({ length: 3 }, () => [[], 'healthy', 0]),
  );
}, 120_000);

test('a NAT that rewrites the sources of inbound packets', async () => {
  await clinic.startEdge();
  await clinic.replaceNat(
    `${IN}\nchain out { type nat hook postrouting priority srcnat; oifname "edge" masquerade; ip saddr ${EDGE} snat to ${PUBLIC}; }`,
  );
  const told = await clinic.probeWithSecret('visitor');
  expect(idsOf(told)).toEqual(['source-rewritten']);
  expect(told.findings[0]!.seen).toMatch(/we sent from 131\.107\.200\.80:\d+, and the edge saw 10\.45\.16\.1:/);
});

test('a NAT that rewrites ports', async () => {
  await clinic.startEdge();
  await clinic.replaceNat(
    `${IN}\nchain out { type nat hook postrouting priority srcnat; meta l4proto udp ip saddr ${EDGE} snat to ${PUBLIC}:20000-29999; ip saddr ${EDGE} snat to ${PUBLIC}; }`,
  );
  const told = await Promise.all([clinic.probeWithSecret('visitor'), clinic.doctor('--stun', MATE)]);
  expect(told.map(idsOf)).toEqual([['ports-rewritten'], ['ports-rewritten']]);
});

test('a NAT that translates inbound packets only', async () => {
  await clinic.startEdge();
  await clinic.replaceNat(IN);
  const told = await clinic.probe('visitor', '--token', await clinic.token());
  expect(idsOf(told)).toEqual(['one-way-nat']);
  expect(told.findings[0]!.rules).toEqual([`nat-out-${PUBLIC}`]);
});

test('a NAT that translates outbound packets only', async () => {
  await clinic.startEdge();
  await clinic.replaceNat(OUT);
  const told = await clinic.probe('visitor', '--token', await clinic.token());
  expect(idsOf(told)).toEqual(['nothing-listens']);
  expect(told.findings[0]!.rules).toContain(`nat-in-${PUBLIC}`);
});

test('a wrong public address', async () => {
  await clinic.startEdge({ external: `address: ${EDGE}, public: 131.107.155.31` });
  const [told, doctor] = await Promise.all([clinic.probeWithSecret('visitor'), clinic.doctor('--stun', MATE)]);
  expect(idsOf(told)).toEqual(['relayed-address-wrong']);
  expect(told.findings[0]!.change).toBe(`set external.public to ${PUBLIC}`);
  expect(idsOf(doctor)).toEqual(['hairpin-missing', 'relayed-address-wrong']); // there is nobody to turn back at the wrong address
  expect(doctor.findings.find(({ id }) => id === 'relayed-address-wrong')!.change).toBe(
    `set external.public to ${PUBLIC}`,
  );
});

test('a private address where the public one should be', async () => {
  await clinic.startEdge({ external: `address: ${EDGE}` });
  const told = await clinic.probeWithSecret('visitor');
  expect(idsOf(told)).toEqual(['relayed-address-private']);
  expect(told.findings[0]!.change).toBe(`set external.public to ${PUBLIC}`);
});

test('a missing hairpin', async () => {
  await clinic.startEdge();
  await clinic.replaceNat(
    `chain in { type nat hook prerouting priority dstnat; iifname "internet" ip daddr ${PUBLIC} dnat to ${EDGE}; }\n${OUT}`,
  );
  const told = await clinic.doctor('--stun', MATE);
  expect(idsOf(told)).toEqual(['hairpin-missing']);
  expect(told.findings[0]!.rules).toContain(`nat-hairpin-${PUBLIC}`);
});

test('a firewall between two edges of a pool', async () => {
  await clinic.startEdge();
  await clinic.drop(`ip daddr ${MATE} udp dport 3478`);
  const told = await Promise.all([clinic.doctor('--mate', MATE), clinic.probeWithSecret('visitor', '--mate', MATE)]);
  expect(told.map(idsOf)).toEqual([['hairpin-missing'], ['hairpin-missing']]);
});

test('a blocked relay range, whole or in part', async () => {
  await clinic.startEdge();
  await clinic.drop('iifname "internet" ct state new udp dport 50000-59999');
  const whole = await clinic.probeWithSecret('visitor', '--ports', '8');
  expect(idsOf(whole)).toEqual(['relay-range-blocked']);
  expect(whole.findings[0]!.rules).toEqual(['external-in-udp-50000-59999']);
  await clinic.restore();
  await clinic.drop('iifname "internet" ct state new udp dport 50600-59999');
  const part = await clinic.probe('visitor', '--token', await clinic.token(), '--all-ports');
  expect(idsOf(part)).toEqual(['relay-range-partly-blocked']);
  expect(part.findings[0]!.seen).toMatch(/^400 of 1000 relay ports tried are not reached, among 50600-50999$/);
  expect(part.findings[0]!.rules).toEqual(['external-in-udp-50000-50999']);
}, 120_000);

test('UDP blocked, and TCP blocked', async () => {
  await clinic.startEdge();
  await clinic.drop('meta l4proto udp');
  const udp = await clinic.probeWithSecret('home');
  expect(idsOf(udp)).toContain('udp-blocked');
  expect(udp.findings.find(({ id }) => id === 'udp-blocked')!.rules).toEqual(['external-in-udp-3478']);
  await clinic.restore();
  await clinic.drop('meta l4proto tcp');
  const tcp = await clinic.probeWithSecret('visitor');
  expect(idsOf(tcp)).toEqual(['tcp-blocked']);
  expect(tcp.findings[0]!.rules).toEqual(['external-in-tcp-443']);
}, 120_000);

test('a certificate for another name', async () => {
  await clinic.startEdge({ certificateName: 'www.corp.example' });
  const told = await Promise.all([clinic.probeWithSecret('visitor'), clinic.doctor('--name', NAME)]);
  expect(told.map(idsOf)).toEqual([['certificate-name'], ['certificate-name']]);
  expect(told[0]!.findings[0]!.seen).toBe(`it is for www.corp.example, and clients connect to ${NAME}`);
});

test.each([
  [3600, '1.0 h ahead'],
  [-3600, '1.0 h behind'],
])('a clock that is off by %i seconds', async (clockAheadSeconds, said) => {
  await clinic.startEdge({ clockAheadSeconds });
  const told = await clinic.probeWithSecret('visitor');
  expect(idsOf(told)).toEqual(['clock-off']);
  expect(told.findings[0]!.seen).toBe(said);
});

test('a port that another program has', async () => {
  await clinic.startEdge();
  await clinic.stopEdge();
  const other = clinic.net.start(
    'edge',
    process.execPath,
    '-e',
    `require('dgram').createSocket('udp4').bind(3478, '${EDGE}', () => console.log('bound'))`,
  );
  try {
    await other.until(() => other.output.includes('bound'));
    const told = await clinic.doctor();
    expect(idsOf(told)).toEqual(['port-taken']);
    expect(told.findings[0]!.seen).toMatch(/^taken by node \(pid \d+\)$/);
  } finally {
    await other.stop();
  }
});

test('with --wait the doctor gets what the probe saw, and the report joins both', async () => {
  await clinic.startEdge();
  await clinic.drop('iifname "internet" ct state new udp dport 50000-50999');
  const doctor = clinic.start(
    'edge',
    'doctor',
    '--config',
    clinic.path('edge.yaml'),
    '--ca',
    clinic.path('certificate.pem'),
    '--wait',
    '60s',
    '--json',
  );
  await doctor.until(() => doctor.output.includes('spd1.'), 30_000);
  const [token = ''] = /spd1\.[\w.-]+/.exec(doctor.output) ?? [];
  expect(token).not.toContain(SECRET);
  expect(Buffer.from(token.split('.')[1]!, 'base64url').toString()).not.toContain(SECRET);
  const probe = await clinic.probe('home', '--token', token, '--ports', '6');
  const { status, output } = await doctor.finish(60_000);
  const told = { ...(JSON.parse(output.slice(output.indexOf('{\n'))) as Told), status };
  expect(told.views.map(({ by }) => by)).toEqual(['doctor', 'probe']);
  expect(told.findings.map(({ id, by }) => [id, by])).toEqual([['relay-range-blocked', 'probe']]);
  expect(idsOf(probe)).toEqual(['relay-range-blocked']);
  expect(told.views[1]!.results.find(({ check }) => check === 'clock')).toMatchObject({ verdict: 'ok' });
}, 120_000);
