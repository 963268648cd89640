import fc from 'fast-check';
import { expect, test } from 'vitest';
import { everyEmbeddedIPv4, type IpAddress, ipv4, withPort } from '../wire/index.ts';
import { PeerFilter, type PeerVerdict } from './peer-filter.ts';
import { contains, formatPrefix, type Prefix, prefixOf } from './prefix.ts';
import { SPECIAL_PURPOSE } from './special-purpose.ts';

test('if a prefix is denied, every spelling of every address in it is denied', () => {
  fc.assert(
    fc.property(
      prefixes(),
      fc.array(prefixes()),
      fc.array(addresses()),
      words(),
      words(),
      (denied, allow, own, host, noise) => {
        const filter = new PeerFilter({ allow, deny: [denied], ownAddresses: own, ownEndpoints: [] });
        const inside = within(denied, { w0: host, w1: noise, w2: host ^ noise, w3: noise });
        fc.pre(allow.every(prefix => prefix.length <= denied.length || !contains(prefix, inside)));
        for (const spelling of [inside, ...spellings(inside, noise)]) {
          expect(filter.verdict(spelling)).not.toBe('allowed');
          expect(filter.verdict(withPort(spelling, 4000))).not.toBe('allowed');
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('whatever the rules, no spelling of an address is allowed that is itself denied', () => {
  fc.assert(
    fc.property(
      fc.array(prefixes()),
      fc.array(prefixes()),
      fc.array(addresses()),
      words(),
      words(),
      (allow, deny, own, v4, noise) => {
        const filter = new PeerFilter({ allow, deny, ownAddresses: own, ownEndpoints: [] });
        fc.pre(filter.verdict(ipv4(v4)) !== 'allowed');
        for (const spelling of spellings(ipv4(v4), noise)) expect(filter.verdict(spelling)).not.toBe('allowed');
      },
    ),
    { numRuns: 1000 },
  );
});

test('no spelling of where the edge listens is open on that port', () => {
  fc.assert(
    fc.property(
      fc.array(prefixes()),
      words(),
      words(),
      fc.integer({ min: 1, max: 65535 }),
      (allow, v4, noise, port) => {
        const endpoint = withPort(ipv4(v4), port);
        const filter = new PeerFilter({ allow, deny: [], ownAddresses: [ipv4(v4), ipv4(1)], ownEndpoints: [endpoint] });
        for (const spelling of v4 === 0 ? [ipv4(1)] : [endpoint, ...spellings(endpoint, noise)]) {
          expect(filter.isOwnEndpoint(withPort(spelling, port))).toBe(true);
          expect(filter.verdict(withPort(spelling, port))).not.toBe('allowed');
        }
      },
    ),
  );
});

test('the verdict is that of a reader who scans the lists from top to bottom', () => {
  fc.assert(
    fc.property(
      fc.array(prefixes()),
      fc.array(prefixes()),
      fc.array(addresses()),
      fc.array(addresses()),
      (allow, deny, own, asked) => {
        const filter = new PeerFilter({ allow, deny, ownAddresses: own, ownEndpoints: [] });
        for (const a of asked) expect(ruleOf(filter.verdict(a))).toBe(slowVerdict(allow, deny, own, a));
      },
    ),
    { numRuns: 2000 },
  );
});

/** Says the same as ADR 0005 with nothing but lists. */
function slowVerdict(allow: Prefix[], deny: Prefix[], own: IpAddress[], a: IpAddress): string {
  const operator = [
    ...deny.map(prefix => ({ prefix, says: `peers.deny ${formatPrefix(prefix)}` })),
    ...allow.map(prefix => ({ prefix, says: 'allowed' })),
  ];
  const builtIn = [
    ...own.map(address => ({ prefix: prefixOf(address, 128), says: 'own address' })),
    ...SPECIAL_PURPOSE.map(({ name, prefix, denied }) => ({
      prefix,
      says: denied ? `built-in ${name} ${formatPrefix(prefix)}` : 'allowed',
    })),
  ];
  const unspecified = (x: IpAddress) => [0, 0xffff].includes(x.w2) && (x.w0 | x.w1 | x.w3) === 0;
  if (unspecified(a)) return 'unspecified address';
  const asked = longest(operator, a);
  const outer = asked ?? longest(builtIn, a) ?? 'allowed';
  if (outer !== 'allowed') return outer;
  const inner = everyEmbeddedIPv4(a).map(v4 => {
    if (unspecified(v4)) return 'unspecified address';
    const explicit = longest(operator, v4);
    const implicit = longest(builtIn, v4) ?? 'allowed';
    if (explicit === undefined) return implicit;
    return explicit === 'allowed' && asked !== 'allowed' ? implicit : explicit;
  });
  return inner.find(says => says !== 'allowed') ?? 'allowed';
}

function longest(rules: { prefix: Prefix; says: string }[], a: IpAddress): string | undefined {
  const matching = rules.filter(({ prefix }) => contains(prefix, a));
  const length = Math.max(...matching.map(({ prefix }) => prefix.length));
  return matching.find(({ prefix }) => prefix.length === length)?.says;
}

function ruleOf(verdict: PeerVerdict): string {
  return verdict === 'allowed' ? verdict : verdict.deniedBy;
}

/** The other addresses that lead to an IPv4 address: 6to4, NAT64, Teredo client and server, ISATAP, translated, compatible. */
function spellings(a: IpAddress, noise: number): IpAddress[] {
  if (a.w0 !== 0 || a.w1 !== 0 || a.w2 !== 0xffff) return [];
  const v4 = a.w3;
  return [
    { w0: 0x20020000 | (v4 >>> 16), w1: (v4 << 16) | (noise & 0xffff), w2: noise, w3: noise },
    { w0: 0x0064ff9b, w1: 0, w2: 0, w3: v4 },
    { w0: 0x0064ff9b, w1: 0x00010000, w2: 0, w3: v4 },
    { w0: 0x20010000, w1: noise, w2: noise, w3: ~v4 },
    { w0: 0x20010000, w1: v4, w2: noise, w3: noise },
    { w0: 0x2a000000, w1: noise, w2: 0x00005efe, w3: v4 },
    { w0: 0x2a000000, w1: noise, w2: 0x02005efe, w3: v4 },
    { w0: 0, w1: 0, w2: 0xffff0000 | 0, w3: v4 },
    ...(v4 === 1 ? [] : [{ w0: 0, w1: 0, w2: 0, w3: v4 }]), // ::1 is loopback, and denied as that unless allowed
  ];
}

/** The address of this host part in the network. */
function within(prefix: Prefix, host: IpAddress): IpAddress {
  const { address } = prefixOf(host, prefix.length);
  const { w0, w1, w2, w3 } = prefix.address;
  return {
    w0: w0 | (host.w0 ^ address.w0),
    w1: w1 | (host.w1 ^ address.w1),
    w2: w2 | (host.w2 ^ address.w2),
    w3: w3 | (host.w3 ^ address.w3),
  };
}

function words(): fc.Arbitrary<number> {
  const special = fc.constantFrom(0, 1, -1, 0x7f000001, 0x0a000001, 0x08080808, 0xa9fea9fe | 0, 0xc0a80001 | 0);
  return fc.oneof(special, fc.integer());
}

/** IPv4 half of the time; else IPv6 of every kind, hiding IPv4 or not. */
function addresses(): fc.Arbitrary<IpAddress> {
  const plain = fc.record({ w0: words(), w1: words(), w2: words(), w3: words() });
  const hiding = fc.tuple(words(), words(), fc.nat()).map(([v4, noise, i]) => {
    const all = spellings(ipv4(v4), noise);
    return all[i % all.length]!;
  });
  return fc.oneof({ weight: 4, arbitrary: words().map(ipv4) }, hiding, hiding, plain);
}

function prefixes(): fc.Arbitrary<Prefix> {
  return fc.tuple(addresses(), fc.integer({ min: 0, max: 32 })).map(([a, n]) => {
    const isIPv4 = a.w0 === 0 && a.w1 === 0 && a.w2 === 0xffff;
    return prefixOf(a, isIPv4 ? 96 + n : n * 4);
  });
}
