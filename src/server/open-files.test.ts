import { expect, test } from 'vitest';
import { loadConfig } from '../control/config/index.ts';
import type { ConfigInput } from '../control/index.ts';
import { makeLog } from './log.ts';
import { allowOpenFiles, openFilesNeeded } from './open-files.ts';

const LIMITS = { allocations: 2000, connections: 500 };

test.each<[string, Partial<ConfigInput>, number, number]>([
  ['one address', {}, 2256, 2756],
  ['two families', { external: { address: ['192.0.2.1', '2001:db8::1'] } }, 2256, 4756],
  ['few ports', { relayPorts: '50000-50099' }, 356, 856],
  ['no TCP', { external: { address: '192.0.2.1', tcp: [] } }, 2256, 2256],
])('what is needed follows from the limits: %s', (_, differing, relays, all) => {
  expect(openFilesNeeded(configOf(differing))).toEqual({ relays, all });
});

test('the limit is raised as far as needed, silently', () => {
  expect(allowed(5000)).toEqual([]);
});

test('with too few files for the relays it does not start, and names the number', () => {
  const tooFew = expect.objectContaining({ code: 'SALLYPORT_TOO_FEW_FILES', remedy: expect.stringContaining('2756') });
  expect(() => allowed(2255)).toThrow(tooFew);
});

test('with too few for all connections it warns, and names the number', () => {
  expect(allowed(2300)).toEqual([expect.objectContaining({ level: 'warn', needed: 2756, allowed: 2300 })]);
});

/** What is logged by a process that may have so many. */
function allowed(most: number): unknown[] {
  const lines: string[] = [];
  const log = makeLog('info', { write: line => void lines.push(line) });
  allowOpenFiles(configOf(), log, wanted => Math.min(wanted, most));
  return lines.map(line => JSON.parse(line) as unknown);
}

function configOf(differing: Partial<ConfigInput> = {}) {
  const input = {
    external: { address: '192.0.2.1' },
    credentials: { users: { a: 'b' } },
    limits: LIMITS,
    ...differing,
  };
  return loadConfig(JSON.stringify(input), 'test').config!;
}
