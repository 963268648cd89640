import { expect, test } from 'vitest';
import { OperatorError } from '../control/index.ts';
import { Credentials } from '../credentials/index.ts';
import { Minter } from './minter.ts';

test('says where credentials are good as it is now, not as it was when it was made', () => {
  const udp: number[] = [];
  const minter = minterWith(['north-wind'], udp);
  expect(minter.turnRest(minter.mint('ann')).uris).toEqual([]);
  udp.push(3478);
  expect(minter.turnRest(minter.mint('ann')).uris).toEqual(['turn:192.0.2.1:3478?transport=udp']);
});

test('without a secret there is an error for the operator, in both dialects', () => {
  const minter = minterWith([]);
  for (const mint of [() => minter.mint('ann'), () => minter.mintRelayToken('ann')])
    expect(mint).toThrow(OperatorError);
});

test('an impossible lifetime is a mistake of the caller', () => {
  expect(() => minterWith(['north-wind']).mint('ann', -1)).toThrow(RangeError);
});

function minterWith(secrets: string[], udp: number[] = []): Minter {
  const credentials = new Credentials({ realm: 'example.test', secrets, users: {}, lifetimeSeconds: 60 });
  return new Minter(credentials, ['external'], () => [{ host: '192.0.2.1', udp, tcp: [], tls: [] }]);
}
