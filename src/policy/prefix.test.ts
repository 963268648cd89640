import { describe, expect, test } from 'vitest';
import { parseIp } from '../wire/index.ts';
import { contains, formatPrefix, type Prefix, parsePrefix } from './prefix.ts';

describe('a prefix is read', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8', 104, 4],
    ['0.0.0.0/0', '0.0.0.0/0', 96, 4],
    ['192.0.2.7', '192.0.2.7/32', 128, 4],
    ['192.0.2.7/32', '192.0.2.7/32', 128, 4],
    ['2001:db8::/32', '2001:db8::/32', 32, 6],
    ['2001:db8::7', '2001:db8::7/128', 128, 6],
    ['::/0', '::/0', 0, 6],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8', 104, 4],
    ['::ffff:0:0/96', '0.0.0.0/0', 96, 4],
  ])('%s', (text, canonical, length, family) => {
    const prefix = read(text);
    expect([formatPrefix(prefix), prefix.length, prefix.family]).toEqual([canonical, length, family]);
  });
});

describe('the operator is told what is wrong', () => {
  test.each([
    ['10.1.2.3/8', 'did you mean 10.0.0.0/8?'],
    ['2001:db8::1/32', 'did you mean 2001:db8::/32?'],
    ['10.0.0.0/33', 'from 0 to 32'],
    ['2001:db8::/129', 'from 0 to 128'],
    ['10.0.0.0/', 'from 0 to 32'],
    ['10.0.0.0/-1', 'from 0 to 32'],
    ['10.0.0.0/8/8', 'from 0 to 32'],
    ['10.0.0.0/ 8', 'from 0 to 32'],
    ['::ffff:10.0.0.0/8', 'write the IPv4 network'],
    ['10.0.0.0-10.0.0.9', 'is not an IP address'],
    ['10/8', 'is not an IP address'],
    ['010.0.0.0/8', 'is not an IP address'],
    ['fe80::1%eth0', 'is not an IP address'],
    ['localhost', 'is not an IP address'],
    ['', 'is not an IP address'],
  ])('%s', (text, words) => {
    const prefix = parsePrefix(text);
    expect('problem' in prefix && prefix.problem).toContain(words);
    expect('problem' in prefix && prefix.problem).toContain(`"${text}"`);
  });
});

test('an IPv6 prefix contains no IPv4 address, and an IPv4 prefix no IPv6 address', () => {
  expect(contains(read('::/0'), parseIp('10.0.0.1')!)).toBe(false);
  expect(contains(read('0.0.0.0/0'), parseIp('::a00:1')!)).toBe(false);
  expect(contains(read('0.0.0.0/0'), parseIp('::ffff:10.0.0.1')!)).toBe(true);
});

function read(text: string): Prefix {
  const prefix = parsePrefix(text);
  if ('problem' in prefix) throw new Error(prefix.problem);
  return prefix;
}
