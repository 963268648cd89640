import { expect, test } from 'vitest';
import { formatAddress, parseIp, withPort } from '../wire/index.ts';
import { alternatesAmong } from './alternates.ts';

const at = (text: string) => {
  const [, ip = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? [];
  return withPort(parseIp(ip)!, Number(port));
};

function alternatesOf(...open: string[]): Record<string, string | undefined> {
  const alternateOf = alternatesAmong(open.map(at));
  return Object.fromEntries(
    open.map(one => {
      const other = alternateOf(at(one));
      return [one, other && formatAddress(other)];
    }),
  );
}

test('with two addresses and two ports each socket has the one that differs in both', () => {
  expect(alternatesOf('192.0.2.1:3478', '192.0.2.1:3479', '192.0.2.2:3478', '192.0.2.2:3479')).toEqual({
    '192.0.2.1:3478': '192.0.2.2:3479',
    '192.0.2.1:3479': '192.0.2.2:3478',
    '192.0.2.2:3478': '192.0.2.1:3479',
    '192.0.2.2:3479': '192.0.2.1:3478',
  });
});

test.each([
  ['one address', ['192.0.2.1:3478', '192.0.2.1:3479']],
  ['one port', ['192.0.2.1:3478', '192.0.2.2:3478']],
  ['one address of each family', ['192.0.2.1:3478', '192.0.2.1:3479', '[2001:db8::1]:3478', '[2001:db8::1]:3479']],
  ['ports that are not the same on both', ['192.0.2.1:1', '192.0.2.1:2', '192.0.2.2:3', '192.0.2.2:4']],
  ['nothing', []],
])('with %s there is none', (_, open) => {
  expect(Object.values(alternatesOf(...open)).filter(other => other !== undefined)).toEqual([]);
});

test('a third address and a third port stand aside', () => {
  const open = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].flatMap(ip => [1, 2, 3].map(port => `${ip}:${port}`));
  const others = alternatesOf(...open);
  expect(others['192.0.2.2:2']).toBe('192.0.2.1:1');
  expect([others['192.0.2.3:1'], others['192.0.2.1:3']]).toEqual([undefined, undefined]);
});
