import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const YOUNG = ['--min-semi-space-size=64', '--max-semi-space-size=64'];

test('a million packets through wire take no heap', () => {
  const script = fileURLToPath(new URL('packet-path-of-wire.ts', import.meta.url));
  const said = execFileSync(process.execPath, [...YOUNG, script], { encoding: 'utf8' });
  const { bytes, rounds } = JSON.parse(said) as { bytes: number; rounds: number };
  expect(rounds).toBe(1_000_000);
  // The smallest object there is would take 16 MB; half a byte a packet is what compiling meanwhile may leave.
  expect(bytes).toBeLessThan(rounds / 2);
});
