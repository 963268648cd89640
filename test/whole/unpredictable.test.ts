import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { WEAK_RANDOM } from '../../scripts/import-rules.ts';
import { ATTRIBUTES, METHODS } from '../../src/wire/index.ts';
import { Edges } from '../testkit/edges.ts';
import { freePortPair } from '../testkit/free-ports.ts';
import { overUdp } from '../testkit/turn-client.ts';
import { allocateWith, TurnTalker } from '../testkit/turn-talker.ts';

/*
 * What an attacker must not be able to guess (CVE-2025-69217): relay ports and nonces, as a client of a running edge sees them.
 * The bounds fail by chance less than once in a hundred thousand runs.
 */

const SIGMAS = 6;
const edges = new Edges();
afterEach(() => edges.close());

test('relay ports as clients are given them are uniform, and each says nothing about the next', async () => {
  const edge = await edges.start({ relayPorts: '40000-49999' });
  const client = await edges.udp(edge);
  const ports: number[] = [];
  for (let i = 0; i < 800; i++) {
    ports.push((await client.relayed()).port - 40_000);
    await client.refresh(0);
  }
  const [sixteenths, quarters] = [625, 2500].map(width => ports.map(port => Math.floor(port / width))) as [
    number[],
    number[],
  ];
  expect(chiSquare(sixteenths, 16)).toBeLessThan(FIFTEEN_DEGREES);
  const pairs = quarters.slice(1).map((quarter, i) => 4 * quarters[i]! + quarter);
  expect(chiSquare(pairs, 16)).toBeLessThan(FIFTEEN_DEGREES);
});

test('nonces of a thousand sources are all different, and half of their bits differ from one to the next', async () => {
  const nonces = await noncesOf(1000);
  expect(new Set(nonces.map(bits => bits.join(''))).size).toBe(nonces.length);
  const differing = nonces.slice(1).map((bits, i) => bits.filter((bit, at) => bit !== nonces[i]![at]).length);
  const mean = differing.reduce((sum, n) => sum + n, 0) / differing.length;
  const width = nonces[0]!.length;
  expect(Math.abs(mean - width / 2)).toBeLessThan(SIGMAS * Math.sqrt(width / 4 / differing.length));
  for (let at = 0; at < width; at++) {
    const ones = nonces.filter(bits => bits[at] === 1).length;
    expect(Math.abs(ones - nonces.length / 2)).toBeLessThan(SIGMAS * Math.sqrt(nonces.length / 4));
  }
});

test('a nonce of one edge means nothing to another with the same configuration', async () => {
  const [one, other] = [await edges.start(), await edges.start()];
  const source = await freePortPair('127.0.0.1'); // nonces are bound to it as well
  const client = edges.client(await overUdp(one.ports.udp[0]!, '127.0.0.1', '127.0.0.1', source));
  await client.relayed();
  await client.close();
  const elsewhere = edges.client(await overUdp(other.ports.udp[0]!, '127.0.0.1', '127.0.0.1', source));
  elsewhere.talker.realm = client.talker.realm;
  elsewhere.talker.nonce = client.talker.nonce;
  const reply = await elsewhere.exchange(elsewhere.talker.request(METHODS.Allocate, allocateWith({})));
  expect(reply.code).toBe(438);
});

test('no weak source of randomness is named anywhere in the sources', () => {
  // scripts/check-imports.ts refuses them as well, with line numbers; this does not depend on how it reads code.
  const root = fileURLToPath(new URL('../../src', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  const naming = files.filter(name => {
    const text = readFileSync(join(root, name), 'utf8');
    return WEAK_RANDOM.some(weak => text.includes(weak)) || /[=(,]\s*Math\s*[;),[]/.test(text);
  });
  expect(naming).toEqual([]);
});

/** The 40 signed bits of the nonces that so many sources are given, one after the other. */
async function noncesOf(sources: number): Promise<number[][]> {
  const edge = await edges.start({ limits: { answersPerSecond: 1_000_000, answersBurst: 1_000_000 } });
  const nonces: number[][] = [];
  for (let i = 0; i < sources; i++) {
    const client = edges.client(await overUdp(edge.ports.udp[0]!, '127.0.0.1', `127.0.${i >> 7}.${1 + (i & 127)}`));
    const request = new TurnTalker(client.talker.credential).request(METHODS.Allocate, allocateWith({}));
    const nonce = (await client.exchange(request)).text(ATTRIBUTES.Nonce)!;
    const signed = Buffer.from(nonce.slice(-8), 'base64url').subarray(1); // the first byte is the time
    nonces.push(Array.from({ length: 40 }, (_, bit) => (signed[bit >> 3]! >> (bit & 7)) & 1));
    await client.close();
  }
  return nonces;
}

/** The 1 - 10^-6 quantile of chi-square with 15 degrees of freedom. */
const FIFTEEN_DEGREES = 56.5;

function chiSquare(draws: readonly number[], kinds: number): number {
  const expected = draws.length / kinds;
  return Array.from({ length: kinds }, (_, kind) => draws.filter(draw => draw === kind).length).reduce(
    (sum, n) => sum + (n - expected) ** 2 / expected,
    0,
  );
}
