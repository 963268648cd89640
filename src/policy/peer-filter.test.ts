import { describe, expect, test } from 'vitest';
import { formatIp, type IpAddress, parseIp, withPort } from '../wire/index.ts';
import { PeerFilter, type PeerRules, type PeerVerdict } from './peer-filter.ts';
import { type Prefix, parsePrefix } from './prefix.ts';
import { SPECIAL_PURPOSE } from './special-purpose.ts';

describe('without rules of the operator', () => {
  test.each([
    ['0.1.2.3', 'built-in this network 0.0.0.0/8'],
    ['127.0.0.1', 'built-in loopback 127.0.0.0/8'],
    ['::1', 'built-in loopback ::1/128'],
    ['10.255.255.255', 'built-in private 10.0.0.0/8'],
    ['172.31.0.1', 'built-in private 172.16.0.0/12'],
    ['192.168.1.1', 'built-in private 192.168.0.0/16'],
    ['100.64.0.1', 'built-in shared (CGNAT) 100.64.0.0/10'],
    ['169.254.1.1', 'built-in link-local 169.254.0.0/16'],
    ['fe80::1', 'built-in link-local fe80::/10'],
    ['fec0::1', 'built-in site-local fec0::/10'],
    ['fd12:3456::1', 'built-in unique local fc00::/7'],
    ['224.0.0.251', 'built-in multicast 224.0.0.0/4'],
    ['ff02::fb', 'built-in multicast ff00::/8'],
    ['255.255.255.255', 'built-in broadcast 255.255.255.255/32'],
    ['192.0.2.1', 'built-in documentation 192.0.2.0/24'],
    ['198.51.100.1', 'built-in documentation 198.51.100.0/24'],
    ['203.0.113.1', 'built-in documentation 203.0.113.0/24'],
    ['2001:db8::1', 'built-in documentation 2001:db8::/32'],
    ['3fff::1', 'built-in documentation 3fff::/20'],
    ['198.19.0.1', 'built-in benchmarking 198.18.0.0/15'],
    ['2001:2::1', 'built-in benchmarking 2001:2::/48'],
    ['169.254.169.254', 'built-in cloud metadata 169.254.169.254/32'],
    ['100.100.100.200', 'built-in cloud metadata 100.100.100.200/32'],
    ['168.63.129.16', 'built-in cloud metadata 168.63.129.16/32'],
    ['fd00:ec2::254', 'built-in cloud metadata fd00:ec2::254/128'],
    ['fd20:ce::254', 'built-in cloud metadata fd20:ce::254/128'],
    ['192.0.0.8', 'built-in protocol assignments 192.0.0.0/24'],
    ['2001:1::1', 'built-in protocol assignments 2001::/23'],
    ['192.88.99.1', 'built-in 6to4 relay anycast 192.88.99.0/24'],
    ['2001:0:808:808::f7f7:f7f7', 'built-in Teredo 2001::/32'],
    ['2001:20::1', 'built-in ORCHID 2001:20::/28'],
    ['100::1', 'built-in discard-only 100::/64'],
    ['64:ff9b:1::808:808', 'built-in local-use NAT64 64:ff9b:1::/48'],
    ['::808:808', 'built-in IPv4-compatible ::/96'],
    ['::ffff:0:808:808', 'built-in IPv4-translated ::ffff:0:0:0/96'],
    ['240.0.0.1', 'built-in reserved 240.0.0.0/4'],
    ['4000::1', 'built-in reserved 4000::/2'],
    ['0.0.0.0', 'unspecified address'],
    ['::', 'unspecified address'],
  ])('%s is denied by %s', (address, rule) => {
    expect(ruleOf(filter().verdict(ip(address)))).toBe(rule);
  });

  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
    '64:ff9b::808:808',
    '2002:808:808::1',
    '2a00::5efe:808:808',
  ])('%s is allowed', address => {
    expect(ruleOf(filter().verdict(ip(address)))).toBe('allowed');
  });

  test('every network of the table is denied from its first address to its last', () => {
    for (const { prefix, denied } of SPECIAL_PURPOSE) {
      if (!denied) continue;
      for (const edge of [prefix.address, lastOf(prefix)]) {
        expect([formatIp(edge), filter().verdict(edge)]).not.toEqual([formatIp(edge), 'allowed']);
      }
    }
  });
});

describe('rules of the operator', () => {
  test('an allow opens what is denied by default', () => {
    const opened = filter({ allow: ['127.0.0.0/8', 'fd00::/8'] });
    expect(opened.verdict(ip('127.0.0.1'))).toBe('allowed');
    expect(opened.verdict(ip('::ffff:127.0.0.1'))).toBe('allowed');
    expect(opened.verdict(ip('fd00::1'))).toBe('allowed');
    expect(ruleOf(opened.verdict(ip('10.0.0.1')))).toBe('built-in private 10.0.0.0/8');
  });

  test('a deny shuts what is allowed by default, and names itself', () => {
    expect(ruleOf(filter({ deny: ['8.8.8.0/24'] }).verdict(ip('8.8.8.8')))).toBe('peers.deny 8.8.8.0/24');
  });

  test('the longest prefix wins, whichever list it stands in', () => {
    const nested = filter({ allow: ['0.0.0.0/0', '10.1.0.0/16'], deny: ['10.0.0.0/8', '10.1.2.0/24'] });
    expect(nested.verdict(ip('9.9.9.9'))).toBe('allowed');
    expect(ruleOf(nested.verdict(ip('10.9.9.9')))).toBe('peers.deny 10.0.0.0/8');
    expect(nested.verdict(ip('10.1.9.9'))).toBe('allowed');
    expect(ruleOf(nested.verdict(ip('10.1.2.9')))).toBe('peers.deny 10.1.2.0/24');
  });

  test('deny wins where both lists name the same prefix', () => {
    const tie = filter({ allow: ['8.8.8.0/24'], deny: ['8.8.8.0/24'] });
    expect(ruleOf(tie.verdict(ip('8.8.8.8')))).toBe('peers.deny 8.8.8.0/24');
  });

  test('a short prefix of the operator goes before a long built-in one', () => {
    expect(filter({ allow: ['0.0.0.0/0'] }).verdict(ip('169.254.169.254'))).toBe('allowed');
  });

  test('only listed media servers can be reached when everything else is denied', () => {
    const closed = filter({ allow: ['8.8.8.8'], deny: ['0.0.0.0/0', '::/0'] });
    expect(closed.verdict(ip('8.8.8.8'))).toBe('allowed');
    expect(ruleOf(closed.verdict(ip('8.8.4.4')))).toBe('peers.deny 0.0.0.0/0');
    expect(ruleOf(closed.verdict(ip('2606:4700::1')))).toBe('peers.deny ::/0');
  });

  test('all of IPv6 is not IPv4', () => {
    expect(ruleOf(filter({ allow: ['::/0'] }).verdict(ip('10.0.0.1')))).toBe('built-in private 10.0.0.0/8');
    expect(filter({ deny: ['::/0'] }).verdict(ip('8.8.8.8'))).toBe('allowed');
  });
});

describe('IPv4 inside other addresses', () => {
  test.each(['2002:a00:1::1', '64:ff9b::a00:1', '2a00::5efe:a00:1'])(
    '%s leads to 10.0.0.1 and is denied as that is',
    address => {
      expect(ruleOf(filter().verdict(ip(address)))).toBe('built-in private 10.0.0.0/8');
      expect(ruleOf(filter({ deny: ['10.0.0.0/9'] }).verdict(ip(address)))).toBe('peers.deny 10.0.0.0/9');
    },
  );

  test('what is opened in IPv4 stays shut in other spellings until they are opened too', () => {
    const spelling = ip('64:ff9b::a00:1');
    expect(ruleOf(filter({ allow: ['10.0.0.0/8'] }).verdict(spelling))).toBe('built-in private 10.0.0.0/8');
    expect(ruleOf(filter({ allow: ['64:ff9b::/96'] }).verdict(spelling))).toBe('built-in private 10.0.0.0/8');
    expect(filter({ allow: ['10.0.0.0/8', '64:ff9b::/96'] }).verdict(spelling)).toBe('allowed');
  });

  test('an address that hides two is denied for either', () => {
    const teredoServer = ip('2001:0:a00:1::f7f7:f7f7');
    expect(ruleOf(filter({ allow: ['2001::/32'] }).verdict(teredoServer))).toBe('built-in private 10.0.0.0/8');
    expect(ruleOf(filter().verdict(ip('2002:808:808::5efe:a00:1')))).toBe('built-in private 10.0.0.0/8');
  });
});

describe('the edge itself', () => {
  const own = { ownAddresses: ['8.8.4.4', '2606:4700::53', '127.0.0.1'] };

  test('its own addresses are denied by default, in every spelling', () => {
    for (const address of ['8.8.4.4', '::ffff:8.8.4.4', '64:ff9b::808:404', '2002:808:404::1', '2606:4700::53']) {
      expect(ruleOf(filter(own).verdict(ip(address)))).toBe('own address');
    }
  });

  test('its own addresses are allowed when the operator says so', () => {
    expect(filter({ ...own, allow: ['8.8.4.0/24'] }).verdict(ip('8.8.4.4'))).toBe('allowed');
  });

  test('where it listens is denied even then, and its other ports are not', () => {
    const open = filter({
      ...own,
      allow: ['0.0.0.0/0', '::/0'],
      ownEndpoints: [
        ['8.8.4.4', 3478],
        ['127.0.0.1', 8080],
      ],
    });
    expect(ruleOf(open.verdict(withPort(ip('8.8.4.4'), 3478)))).toBe('own endpoint');
    expect(ruleOf(open.verdict(withPort(ip('127.0.0.1'), 8080)))).toBe('own endpoint');
    expect(ruleOf(open.verdict(withPort(ip('64:ff9b::808:404'), 3478)))).toBe('own endpoint');
    expect(open.verdict(withPort(ip('8.8.4.4'), 50_000))).toBe('allowed');
    expect(open.verdict(withPort(ip('8.8.8.8'), 3478))).toBe('allowed');
    expect(open.verdict(withPort(ip('8.8.4.4'), 0))).toBe('allowed');
    expect(open.isOwnEndpoint(withPort(ip('8.8.4.4'), 3478))).toBe(true);
    expect(open.isOwnEndpoint(withPort(ip('2002:808:404::1'), 3478))).toBe(true);
    expect(open.isOwnEndpoint(withPort(ip('8.8.4.4'), 8080))).toBe(false);
    expect(open.isOwnEndpoint(withPort(ip('8.8.4.4'), 0))).toBe(false);
  });

  test.each(['0.0.0.0', '::'])('listening on %s is listening on every own address and on loopback', everywhere => {
    const open = filter({ ...own, allow: ['0.0.0.0/0', '::/0'], ownEndpoints: [[everywhere, 3478]] });
    for (const address of ['8.8.4.4', '127.0.0.1', '127.9.9.9', '::1', '2606:4700::53', '64:ff9b::808:404']) {
      expect(open.isOwnEndpoint(withPort(ip(address), 3478))).toBe(true);
      expect(ruleOf(open.verdict(withPort(ip(address), 3478)))).toBe('own endpoint');
    }
    expect(open.isOwnEndpoint(withPort(ip('8.8.8.8'), 3478))).toBe(false);
  });

  test('the unspecified address is denied whatever the operator allows', () => {
    const open = filter({ allow: ['0.0.0.0/0', '::/0'] });
    for (const address of ['0.0.0.0', '::', '64:ff9b::', '2002::1', '2a00::5efe:0:0']) {
      expect(ruleOf(open.verdict(ip(address)))).toBe('unspecified address');
    }
  });
});

test('a verdict is the same object each time', () => {
  const one = filter({ deny: ['8.8.8.0/24'] });
  expect(one.verdict(ip('8.8.8.8'))).toBe(one.verdict(ip('8.8.8.9')));
});

type Written = { allow?: string[]; deny?: string[]; ownAddresses?: string[]; ownEndpoints?: [string, number][] };

function filter(written: Written = {}): PeerFilter {
  const rules: PeerRules = {
    allow: (written.allow ?? []).map(prefix),
    deny: (written.deny ?? []).map(prefix),
    ownAddresses: (written.ownAddresses ?? []).map(ip),
    ownEndpoints: (written.ownEndpoints ?? []).map(([address, port]) => withPort(ip(address), port)),
  };
  return new PeerFilter(rules);
}

function ruleOf(verdict: PeerVerdict): string {
  return verdict === 'allowed' ? verdict : verdict.deniedBy;
}

function prefix(text: string): Prefix {
  const read = parsePrefix(text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

function ip(text: string): IpAddress {
  const read = parseIp(text);
  if (read === undefined) throw new Error(text);
  return read;
}

function lastOf({ address, length }: Prefix): IpAddress {
  const words = [address.w0, address.w1, address.w2, address.w3].map((word, i) => {
    const free = Math.min(32, Math.max(0, (i + 1) * 32 - length));
    return free === 32 ? -1 : word | ((1 << free) - 1);
  });
  return { w0: words[0]!, w1: words[1]!, w2: words[2]!, w3: words[3]! };
}
