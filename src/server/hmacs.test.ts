import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../control/config/index.ts';
import { OpenSslHmac } from '../native/index.ts';
import { keyedHmac, makeHmacsBy, NodeHmac } from '../wire/index.ts';
import { chooseHmacs } from './hmacs.ts';

afterEach(() => makeHmacsBy((algorithm, longest) => new NodeHmac(algorithm, longest)));

test.each([
  [['dgram', 'mmsg'], NodeHmac],
  [['mmsg', 'dgram'], OpenSslHmac],
] as const)('with the engines %j HMACs are made by %o', (engines, maker) => {
  const input = { realm: 'r', external: { address: '127.0.0.1' }, credentials: { secrets: ['s'] }, engines };
  chooseHmacs(loadConfig(JSON.stringify(input), 'test').config!);
  expect(keyedHmac('sha1', new Uint8Array(3), 10)).toBeInstanceOf(maker);
});
