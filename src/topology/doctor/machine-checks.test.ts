import { expect, test } from 'vitest';
import { examined, MACHINE, NOW, OWN } from '../../../test/testkit/doctor-facts.ts';
import { diagnose } from './diagnose.ts';
import type { MachineFacts } from './facts.ts';
import { isFinding } from './result.ts';

const found = (machine: Partial<MachineFacts>) => diagnose(examined(machine)).filter(isFinding);
const listener = (state: MachineFacts['listeners'][number]['state'], owner?: string) => ({
  listeners: [{ transport: 'udp' as const, address: `${OWN}:3478`, state, owner }],
});

test('a machine that has what the edge needs has no finding', () => {
  expect(found({})).toEqual([]);
  expect(diagnose(examined()).length).toBeGreaterThan(7);
});

test.each<readonly [string, Partial<MachineFacts>]>([
  ['address-missing', { addresses: [{ address: OWN, side: 'external', isHere: false }] }],
  ['no-default-route', { routes: [{ family: 6, hasDefault: false }] }],
  ['port-taken', { running: false, ...listener('taken', 'coturn (pid 812)') }],
  ['listener-dumb', listener('silent')],
  ['listener-missing', listener('free')],
  ['port-forbidden', { running: false, ...listener('forbidden') }],
  ['port-unusable', { running: false, ...listener('failed') }],
  ['relay-ports-taken', { relayPorts: { tried: 10, taken: [{ port: 50_001, owner: 'named (pid 7)' }] } }],
  ['ephemeral-overlap', { reserved: [{ first: 50_000, last: 58_999 }] }],
  ['too-few-files', { openFiles: { needed: 20_000, allowed: 1024, whose: 'edge' } }],
  ['admin-outside', { admin: { ...MACHINE.admin!, isOutside: true } }],
  ['self-test-failed', { admin: { ...MACHINE.admin!, ready: { ok: false, checks: { 'udp x': 'no answer' } } } }],
  ['workers-missing', { admin: { ...MACHINE.admin!, workers: { serving: 1, configured: 4 } } }],
  ['certificate-unusable', { certificate: { file: 'c.pem', error: 'the key is another', names: [] } }],
  ['certificate-name', { certificate: { file: 'c.pem', names: ['www.corp.example'], notAfter: NOW + 1e10 } }],
  [
    'certificate-name-elsewhere',
    { certificate: { file: 'c.pem', names: ['turn.corp.example'], notAfter: NOW + 1e10, resolvesTo: ['192.0.2.1'] } },
  ],
])('%s', (id, machine) => {
  expect(found(machine).map(finding => finding.id)).toEqual([id]);
});

test('the owner of a taken port is named, and what to do', () => {
  expect(found({ running: false, ...listener('taken', 'coturn (pid 812)') })[0]).toMatchObject({
    seen: 'taken by coturn (pid 812)',
    change: 'stop coturn (pid 812), or configure another port',
  });
  expect(found({ running: false, ...listener('taken') })[0]!.change).toContain("ss -ulnp 'sport = :3478'");
});

test('a port that is free is right while the edge does not run', () => {
  expect(found({ running: false, ...listener('free') })).toEqual([]);
});

test('the ports that the system may give away are named', () => {
  expect(found({ reserved: [{ first: 50_000, last: 58_999 }] })[0]!.seen).toContain('59000-59999 are relay ports');
  expect(found({ ephemeral: { first: 32_768, last: 49_999 }, reserved: [] })).toEqual([]);
});

test('wildcards in a certificate stand for one label', () => {
  const of = (names: string[]) =>
    found({ certificate: { file: 'c.pem', names, notAfter: NOW + 1e10 } }).map(({ id }) => id);
  expect(of(['*.corp.example'])).toEqual([]);
  expect(of(['*.example'])).toEqual(['certificate-name']);
});
