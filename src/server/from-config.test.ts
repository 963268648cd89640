import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../control/config/index.ts';
import type { ConfigInput } from '../control/index.ts';
import { parseIp } from '../wire/index.ts';
import { peerFilterFrom } from './from-config.ts';

function configOf(peers: ConfigInput['external']['peers'] = {}) {
  const { config } = loadConfig(
    JSON.stringify({ external: { address: '198.51.100.1', peers }, credentials: { secrets: ['north-wind'] } }),
    'test',
  );
  return config!;
}

function verdictOn(text: string, machine: readonly string[], peers?: ConfigInput['external']['peers']): string {
  const filter = peerFilterFrom(
    configOf(peers),
    [],
    machine.map(ip => parseIp(ip)!),
  );
  const verdict = filter.verdict(parseIp(text)!);
  return verdict === 'allowed' ? verdict : verdict.deniedBy;
}

describe("a service on any of this machine's addresses is out of peers' reach", () => {
  test.each(['8.8.4.4', '2a00:1450::1'])('%s, a public address of another interface', ip => {
    expect(verdictOn(ip, [])).toBe('allowed');
    expect(verdictOn(ip, ['8.8.4.4', '2a00:1450::1'])).toBe('own address');
  });

  test('the configured address, even if no interface has it', () => {
    expect(verdictOn('198.51.100.1', [])).toMatch(/own address|built-in/);
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
