import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../control/config/index.ts';
import type { ConfigInput } from '../control/index.ts';
import { parseIp, withPort } from '../wire/index.ts';
import { peerFilterFrom } from './from-config.ts';

function configOf(peers: ConfigInput['external']['peers'] = {}) {
  const { config } = loadConfig(
    JSON.stringify({ external: { address: '198.51.100.1', peers }, credentials: { secrets: ['north-wind'] } }),
    'test',
  );
  return config!;
}

function verdictOn(
  text: string,
  machine: readonly string[],
  peers?: ConfigInput['external']['peers'],
  port = 0,
): string {
  const filter = peerFilterFrom(
    configOf(peers),
    [],
    machine.map(ip => parseIp(ip)!),
  );
  const verdict = filter.verdict(withPort(parseIp(text)!, port));
  return verdict === 'allowed' ? verdict : verdict.deniedBy;
}

describe("a service on any of this machine's addresses is out of peers' reach", () => {
  test.each(['8.8.4.4', '2a00:1450::1'])('%s, a public address of another interface', ip => {
    expect(verdictOn(ip, [])).toBe('allowed');
    expect(verdictOn(ip, ['8.8.4.4', '2a00:1450::1'])).toBe('own address');
  });

  test('the configured address, even if no interface has it', () => {
    expect(verdictOn('198.51.100.1', [], {}, 49_999)).toBe('own address');
    expect(verdictOn('198.51.100.1', [], {}, 60_000)).toBe('own address');
  });

  test('but relays of this edge, wherever they are, are peers', () => {
    expect(verdictOn('198.51.100.1', [], {}, 50_000)).toBe('allowed');
    expect(verdictOn('198.51.100.1', [], {}, 59_999)).toBe('allowed');
    expect(verdictOn('198.51.100.1', [], { deny: ['198.51.100.0/24'] }, 50_000)).toMatch(/peers.deny/);
  });

  test('unless the operator allows it', () => {
    expect(verdictOn('8.8.4.4', ['8.8.4.4'], { allow: ['8.8.4.4/32'] })).toBe('allowed');
  });

  test('in other spellings as well', () => {
    expect(verdictOn('64:ff9b::808:404', ['8.8.4.4'])).toBe('own address');
    expect(verdictOn('2002:808:404::1', ['8.8.4.4'])).toBe('own address');
  });

  test('which are asked of the system at start', () => {
    const filter = peerFilterFrom(configOf({ allow: [] }), []);
    for (const { address } of Object.values(networkInterfaces()).flatMap(each => each ?? [])) {
      expect(filter.verdict(parseIp(address.replace(/%.*/, ''))!)).not.toBe('allowed');
    }
  });
});
