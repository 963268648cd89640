import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AccessBench, openAccessBench } from '../testkit/access-bench.ts';
import { requires } from '../testkit/requires.ts';
import { Baresip } from './baresip.ts';

const WAIT = { timeout: 20_000, interval: 100 };

let bench: AccessBench;
const phones: Baresip[] = [];

beforeEach(async context => {
  requires(context, 'baresip');
  bench = await openAccessBench({ transports: ['TLS'], name: '127.0.0.1' });
});
afterEach(async () => {
  for (const one of phones.splice(0)) await one.stop();
  await bench.edge.close();
});

test('two phones sign in over TLS, call each other with SDES-SRTP, and hang up', async () => {
  const alice = phone('alice', 'alice-password');
  const bob = phone('bob', 'bob-password');
  await expect.poll(() => bench.edge.counts().users, WAIT).toBe(2);
  alice.type('/dial sip:bob@example.test');
  await expect.poll(() => alice.output, WAIT).toMatch(/Call established/);
  for (const one of [alice, bob]) {
    expect(one.output).toContain('SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)');
    await expect.poll(() => one.output, WAIT).toContain("incoming rtp for 'audio' established");
  }
  alice.type('/hangup');
  await expect.poll(() => bob.output, WAIT).toMatch(/^BYE sip:bob/m);
  await expect.poll(() => alice.output, WAIT).toMatch(/^SIP\/2\.0 200 OK\r\n(?:.+\r\n)*CSeq: \d+ BYE/m);
  expect(bench.refused).toEqual(['unauthenticated', 'unauthenticated']);
});

test('a wrong password is refused in words, after three tries', async () => {
  const alice = phone('alice', 'guess');
  await expect.poll(() => alice.output, WAIT).toContain('403 Forbidden');
  expect(alice.output).toContain('Too many wrong passwords');
  expect(bench.refused).toEqual([
    'unauthenticated',
    'wrong-password',
    'wrong-password',
    'wrong-password',
    'locked-out',
  ]);
  expect(bench.edge.counts().users).toBe(0);
});

function phone(name: string, password: string): Baresip {
  const one = new Baresip(name, password, bench.ports[0]!);
  phones.push(one);
  return one;
}
