import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import { ipv4, parseIp } from '../wire/index.ts';
import { type PortGrant, RelayPorts } from './relay-ports.ts';

const IP = ipv4(0xc0000201);

test('a million random openings, claims and closings leave every port free', () => {
  const random = dice(4);
  const ports = new RelayPorts({ first: 50_001, last: 50_100 }, random);
  const open: number[] = [];
  const held: number[] = [];
  const kinds = ['any', 'even', 'even-and-next'] as const;
  for (let i = 0; i < 1_000_000; i++) {
    const dart = random(8);
    if (dart < 3) keep(ports.take(IP, kinds[dart]!), open, held);
    else if (dart === 3 && held.length > 0) keep(ports.take(IP, { reserved: pick(held, random) }), open, held);
    else if (dart === 4 && held.length > 0) ports.releaseHeld(IP, pick(held, random));
    else if (open.length > 0) ports.release(IP, pick(open, random));
  }
  expect(ports.use(IP)).toEqual({ used: open.length, held: held.length, free: 100 - open.length - held.length });
  expect(new Set([...open, ...held]).size).toBe(open.length + held.length);
  for (const port of open) ports.release(IP, port);
  for (const port of held) ports.releaseHeld(IP, port);
  expect(ports.use(IP)).toEqual({ used: 0, held: 0, free: 100 });
});

test.each([
  ['any', 100],
  ['even', 50],
  ['even-and-next', 50],
] as const)('every port that qualifies as %s is found before there is none', (kind, count) => {
  const ports = new RelayPorts({ first: 50_000, last: 50_099 }, dice(5));
  const found = new Set<number>();
  for (let i = 0; i < count; i++) found.add(granted(ports.take(IP, kind)).port);
  expect(found.size).toBe(count);
  expect(ports.take(IP, kind)).toBe('no-ports');
});

test('an even port at the end of the range has no next one', () => {
  const ports = new RelayPorts({ first: 50_000, last: 50_000 }, dice(6));
  expect(ports.take(IP, 'even-and-next')).toBe('no-ports');
  expect(granted(ports.take(IP, 'even')).port).toBe(50_000);
});

test('a port is held for its claim only: it is claimed once, and what is not held is not claimed', () => {
  const ports = new RelayPorts({ first: 50_000, last: 50_003 }, dice(7));
  const { held } = granted(ports.take(IP, 'even-and-next'));
  expect(ports.take(IP, { reserved: held! })).toEqual({ port: held, held: undefined });
  expect(ports.take(IP, { reserved: held! })).toBe('port-taken');
  ports.releaseHeld(IP, held!);
  expect(ports.use(IP).used).toBe(2); // a claimed port is not given back as a held one
});

test('ports on one address say nothing of another', () => {
  const ports = new RelayPorts({ first: 50_000, last: 50_000 }, dice(8));
  const other = parseIp('2001:db8::1')!;
  expect([granted(ports.take(IP, 'any')).port, granted(ports.take(other, 'any')).port]).toEqual([50_000, 50_000]);
});

// CVE-2025-69217: relay ports could be foretold. The bound is the 1 - 10^-6 quantile of chi-square with n degrees of freedom.
test.each([
  ['an empty range', 'any', 0, 1000],
  ['a range where nine in ten are taken', 'any', 900, 100],
  ['even ports', 'even', 0, 500],
] as const)('100,000 draws from %s are uniform', (_, kind, taken, qualifying) => {
  const ports = new RelayPorts({ first: 50_000, last: 50_999 }, (below: number) => randomInt(below));
  for (let i = 0; i < taken; i++) ports.take(IP, 'any');
  const counts = new Map<number, number>();
  for (let i = 0; i < 100_000; i++) {
    const { port } = granted(ports.take(IP, kind));
    ports.release(IP, port);
    counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  expect(counts.size).toBe(qualifying);
  const expected = 100_000 / qualifying;
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(quantile(qualifying - 1));
});

/** Wilson and Hilferty's approximation, at 4.75 standard deviations. */
function quantile(degrees: number): number {
  const v = 2 / (9 * degrees);
  return degrees * (1 - v + 4.75 * Math.sqrt(v)) ** 3;
}

function keep(grant: PortGrant | string, open: number[], held: number[]): void {
  if (typeof grant === 'string') return;
  open.push(grant.port);
  if (grant.held !== undefined) held.push(grant.held);
}

function pick(from: number[], random: (below: number) => number): number {
  const i = random(from.length);
  const picked = from[i]!;
  from[i] = from.at(-1)!;
  from.pop();
  return picked;
}

function granted(grant: ReturnType<RelayPorts['take']>): PortGrant {
  if (typeof grant === 'string') throw new Error(grant);
  return grant;
}

test('a port that another worker reserved is beyond our own, and neither taken from them nor given back to them', () => {
  const ports = new RelayPorts({ first: 50_000, last: 50_001 }, randomInt);
  expect(ports.take(IP, { reserved: 60_000 })).toEqual({ port: 60_000, held: undefined });
  ports.release(IP, 60_000);
  ports.releaseHeld(IP, 60_000);
  expect(ports.use(IP)).toEqual({ used: 0, held: 0, free: 2 });
});
