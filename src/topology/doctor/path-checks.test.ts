import { describe, expect, test } from 'vitest';
import {
  EXPECTED,
  NOW,
  OWN,
  PROBE,
  PUBLIC,
  probed,
  RELAY,
  RELAYED,
  reach,
  TLS,
} from '../../../test/testkit/doctor-facts.ts';
import { configFrom } from '../../../test/testkit/topologies.ts';
import { diagnose } from './diagnose.ts';
import { expectedOf } from './expected.ts';
import type { Facts, PartnerWay, TargetFacts } from './facts.ts';
import { isFinding } from './result.ts';

const found = (facts: Facts) => diagnose(facts).filter(isFinding);
const idsOf = (target: Partial<TargetFacts>, different: Partial<Facts> = {}) =>
  found(probed(target, different)).map(({ id }) => id);
const silent = (...transports: readonly ('udp' | 'tcp' | 'tls')[]) =>
  transports.map(each => reach(each, { outcome: 'silent' }));
const UNHEARD = {
  allocation: undefined,
  relayed: undefined,
  ports: undefined,
  relayToRelay: undefined,
  peerPolicy: [],
};

test('a healthy edge has results, and no finding', () => {
  const results = diagnose(probed());
  expect(results.length).toBeGreaterThan(10);
  expect(results.map(({ verdict }) => verdict)).toEqual(results.map(() => 'ok'));
});

describe('listeners', () => {
  test('one that is silent alone is a closed port', () => {
    const two = [reach('udp'), reach('udp', { port: 3479, outcome: 'silent' }), reach('tcp')];
    expect(idsOf({ reaches: two })).toEqual(['listener-silent']);
  });
  test('one that answers with something else is another server', () => {
    expect(idsOf({ reaches: [reach('udp'), reach('tcp', { outcome: 'garbled' })] })).toEqual(['another-server']);
  });
  test.each([
    [['tcp', 'tls'] as const, 'tcp-blocked', 'external-in-tcp-443'],
    [['udp'] as const, 'udp-blocked', 'external-in-udp-3478'],
  ])('all of %s silent is a protocol that is blocked', (blocked, id, rule) => {
    const others = (['udp', 'tcp', 'tls'] as const).filter(each => !(blocked as readonly string[]).includes(each));
    const [finding, ...rest] = found(probed({ reaches: [...others.map(each => reach(each)), ...silent(...blocked)] }));
    expect([finding!.id, finding!.rules, rest]).toEqual([id, [rule], []]);
  });
  test('nothing at all names every inbound rule and the translation', () => {
    const [finding, ...rest] = found(probed({ ...UNHEARD, reaches: silent('udp', 'tcp', 'tls') }));
    expect([finding!.id, rest]).toEqual(['nothing-answers', []]);
    expect(finding!.rules).toEqual([`nat-in-${PUBLIC}`, 'external-in-udp-3478', 'external-in-tcp-443']);
  });
  test('a refusal says that the NAT answers for itself, or that no edge runs', () => {
    expect(idsOf({ ...UNHEARD, reaches: [reach('udp', { outcome: 'refused' }), ...silent('tcp')] })).toEqual([
      'nothing-listens',
    ]);
  });
});

describe('the certificate', () => {
  test.each([
    ['certificate-name', { names: ['www.corp.example'], matches: false }],
    ['certificate-self-signed', { chainError: 'DEPTH_ZERO_SELF_SIGNED_CERT' }],
    ['certificate-chain', { chainError: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }],
    ['certificate-expired', { notAfter: NOW - 1000, chainError: 'CERT_HAS_EXPIRED' }],
    ['certificate-expires', { notAfter: NOW + 13 * 86_400_000 }],
    ['certificate-not-yet', { notBefore: NOW + 1000, chainError: 'CERT_NOT_YET_VALID' }],
    ['certificate-without-name', { names: [PUBLIC] }],
  ])('%s', (id, different) => {
    expect(idsOf({ reaches: [reach('udp'), reach('tls', { tls: { ...TLS, ...different } })] })).toEqual([id]);
  });
  test('two weeks and more are soon enough', () => {
    expect(
      idsOf({ reaches: [reach('udp'), reach('tls', { tls: { ...TLS, notAfter: NOW + 15 * 86_400_000 } })] }),
    ).toEqual([]);
  });
});

describe('the credential', () => {
  test.each([
    ['credential-refused', 'edge does not know', 401],
    ['allocation-refused', 'quota', 486],
    ['allocation-refused', 'No relay port', 508],
  ])('%s: %s, %i', (id, means, code) => {
    const [finding] = found(probed({ reaches: [reach('udp', { standard: { said: 'refused', code } })] }));
    expect(finding).toMatchObject({ id, seen: `answered ${code}`, means: expect.stringContaining(means) });
  });
  test('of the Microsoft dialect counts as well, and so does silence', () => {
    const reaches = [
      reach('udp', { microsoft: { said: 'refused', code: 401 } }),
      reach('tcp', { standard: { said: 'silent' } }),
    ];
    expect(idsOf({ reaches })).toEqual(['credential-refused', 'credential-unanswered']);
  });
});

test.each([
  [3_600_000, ['clock-off'], '1.0 h ahead'],
  [-600_000, ['clock-off'], '10 min behind'],
  [59_000, [], '59 s ahead'],
])('a clock that is ahead by %i ms', (aheadMillis, ids, seen) => {
  const clocks = [{ whose: 'edge' as const, against: 'here', aheadMillis, toleranceMillis: 0 }];
  expect(idsOf({}, { clocks })).toEqual(ids);
  expect(diagnose(probed({}, { clocks })).find(({ check }) => check === 'clock')!.seen).toBe(seen);
});

describe('the source of inbound packets', () => {
  const seenAs = (local: string, mapped: string) => idsOf({ reaches: [reach('udp', { local, mapped })] });
  test('is rewritten when the edge sees an address of its own side, its own, or any but our public one', () => {
    for (const mapped of ['10.45.16.1:9', `${OWN}:9`, `${PUBLIC}:9`, '131.107.1.1:9']) {
      expect(seenAs(`${PROBE}:40000`, mapped), mapped).toEqual(['source-rewritten']);
    }
  });
  test('is rewritten behind a NAT of our own as well, when a private address is seen over the Internet', () => {
    expect(seenAs('192.168.1.20:40000', '10.45.16.1:9')).toEqual(['source-rewritten']);
  });
  test('is rewritten when a NAT of ours stands before one that shows the address of the edge', () => {
    expect(seenAs('192.168.1.20:40000', `${PUBLIC}:9`)).toEqual(['source-rewritten']);
  });
  test('has another port: PAT', () => expect(seenAs(`${PROBE}:40000`, `${PROBE}:1025`)).toEqual(['ports-rewritten']));
  test('is our own NAT’s when a private address becomes a public one', () => {
    expect(seenAs('192.168.1.20:40000', '131.107.201.10:555')).toEqual([]);
  });
  test('that a relay sees is another proof', () => {
    expect(idsOf({ relayed: { ...RELAYED, inward: { from: '10.45.16.1:40001' } } })).toEqual(['source-rewritten']);
  });
});

describe('the relayed address', () => {
  const at = (relayed: string, different: Partial<typeof RELAYED>) => ({
    allocation: { via: 'udp' as const, relayed },
    relayed: { ...RELAYED, relayed, ...different },
  });
  test('is private', () => {
    const [finding, ...rest] = found(probed(at(`${OWN}:50500`, { inward: {}, outFirst: [{ from: RELAY }] })));
    expect([finding!.id, finding!.change, rest]).toEqual([
      'relayed-address-private',
      `set external.public to ${PUBLIC}`,
      [],
    ]);
  });
  test('is another than the one that leads here', () => {
    const wrong = at('131.107.155.31:50500', { inward: {}, inwardAtDialled: { from: `${PROBE}:40001` } });
    expect(idsOf(wrong)).toEqual(['relayed-address-wrong']);
  });
  test('may be another one of the edge when it works', () => {
    const other = at('131.107.155.44:50500', { outFirst: [{ from: '131.107.155.44:50500' }] });
    expect(idsOf(other)).toEqual([]);
  });
});

describe('what relays send', () => {
  const from = (...sources: readonly (string | undefined)[]) =>
    found(probed({ relayed: { ...RELAYED, outFirst: sources.map(each => ({ from: each })) } })).map(({ id }) => id);
  test('from another port: PAT', () => expect(from(`${PUBLIC}:1025`, `${PUBLIC}:1026`)).toEqual(['ports-rewritten']));
  test('from the private address: a one-way NAT', () =>
    expect(from(`${OWN}:50500`, `${OWN}:50500`)).toEqual(['one-way-nat']));
  test('from another public address', () => expect(from('131.107.9.9:50500')).toEqual(['leaves-by-another-address']));
  test('arrives only as an answer: a one-way NAT', () => expect(from(undefined, undefined)).toEqual(['one-way-nat']));
  test('differs by destination', () =>
    expect(from(RELAY, `${PUBLIC}:1025`)).toEqual(['ports-rewritten', 'mapping-per-destination']));
  test('never arrives', () => {
    const [finding] = found(probed({ relayed: { ...RELAYED, outFirst: [{}], outReply: {}, sizes: [] } }));
    expect(finding).toMatchObject({ id: 'relayed-out-lost', rules: ['external-out-udp-any', `nat-out-${PUBLIC}`] });
  });
  test('can not be told behind a NAT of our own', () => {
    const peer = { local: '192.168.1.20:1', mapped: '131.107.201.10:1' };
    expect(idsOf({ relayed: { ...RELAYED, peer, inward: { from: peer.mapped }, outFirst: [{}] } })).toEqual([]);
  });
});

describe('relay ports', () => {
  const ports = (reached: number[], lost: number[]) => ({ ports: { reached, lost, untried: 0 } });
  test('none reached', () => expect(idsOf(ports([], [50_001]))).toEqual(['relay-range-blocked']));
  test('some reached: the spans are named', () => {
    const [finding] = found(probed(ports([50_100, 59_000], [50_001, 50_002, 50_200])));
    expect(finding!.seen).toBe('3 of 5 relay ports tried are not reached, among 50001-50002, 50200');
  });
  test('closed as planned is no finding', () => {
    expect(idsOf(ports([], [50_001]), { expected: { ...EXPECTED, relayIn: false } })).toEqual([]);
  });
  test('without a sample the one relay counts', () => {
    expect(idsOf({ ports: undefined, relayed: { ...RELAYED, inward: {}, sizes: [] } })).toEqual([
      'relay-range-blocked',
    ]);
  });
});

test('flows that are forgotten while idle', () => {
  const idle = { seconds: 60, out: {}, inward: { from: PROBE }, mapped: ['1.1.1.1:1', '1.1.1.1:2'] as const };
  const [finding] = found(probed({ relayed: { ...RELAYED, idle } }));
  expect(finding!.seen).toBe(
    'after 60 s of silence: nothing came out of the relay, our address changed from 1.1.1.1:1 to 1.1.1.1:2',
  );
});

test.each([
  [2800, 'fragments-dropped'],
  [1400, 'small-path-mtu'],
])('datagrams of %i bytes that are lost', (bytes, id) => {
  const sizes = RELAYED.sizes.map(size => ({ ...size, inward: size.bytes < bytes }));
  expect(idsOf({ relayed: { ...RELAYED, sizes } })).toEqual([id]);
});

describe('elsewhere', () => {
  const ask = (what: 'own' | 'mate' | 'stun', outcome: 'answered' | 'silent', mapped = `${PUBLIC}:40000`) =>
    idsOf({
      elsewhere: [{ what, server: '131.107.155.40:3478', via: 'direct', outcome, local: `${OWN}:40000`, mapped }],
    });
  test.each(['own', 'mate'] as const)('no answer from %s: no hairpin', what =>
    expect(ask(what, 'silent')).toEqual(['hairpin-missing']),
  );
  test('a mate that sees another address', () =>
    expect(ask('mate', 'answered', '131.107.1.1:1')).toEqual(['hairpin-source']));
  test('a STUN server that sees another address, or another port', () => {
    expect(ask('stun', 'answered', '131.107.1.1:40000')).toEqual(['relayed-address-wrong']);
    expect(ask('stun', 'answered', `${PUBLIC}:1025`)).toEqual(['ports-rewritten']);
    expect(ask('stun', 'silent')).toEqual(['outside-silent']);
    expect(ask('stun', 'answered')).toEqual([]);
  });
});

test('a relay that does not reach another, and no relay at all', () => {
  expect(idsOf({ relayToRelay: false })).toEqual(['relay-to-relay']);
  expect(idsOf({ ...UNHEARD, allocation: { code: 0 } })).toEqual(['no-allocation']);
});

test('peers that are allowed and should not be, and the other way round', () => {
  const peers = [
    {
      peer: '10.0.0.1',
      answered: 'allowed' as const,
      expected: 'denied' as const,
      because: 'built-in private 10.0.0.0/8',
    },
    { peer: '1.1.1.1', answered: 'denied' as const, expected: 'allowed' as const },
  ];
  const findings = found(probed({ peerPolicy: peers }));
  expect(findings.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['peer-allowed', 'fault'],
    ['peer-denied', 'warning'],
  ]);
  expect(findings[0]!.change).toContain('restart the edge');
});

describe('what only partners need', () => {
  const expected = expectedOf(
    configFrom(`external: { address: ${OWN}, public: ${PUBLIC} }
internal: { address: 192.168.7.10, networks: [192.168.0.0/16] }
federation: [{ name: a.example, kind: lync }, { name: b.example, kind: ocs2007 }]
credentials: { secrets: [north-wind] }
`),
    'configuration',
    { side: 'external' },
  );
  const way = (different: Partial<PartnerWay>): Partial<TargetFacts> => ({
    partner: [{ direction: 'out', protocol: 'tcp', port: 443, outcome: 'lost', ...different }],
  });

  test.each<[Partial<PartnerWay>, string]>([
    [{}, 'external-out-tcp-443'],
    [{ protocol: 'udp', port: 3478 }, 'external-out-udp-3478'],
    [{ port: 50_123 }, 'external-out-tcp-50000-59999'],
    [{ direction: 'in', port: 59_999 }, 'external-in-tcp-50000-59999'],
  ])('%j that is lost names its rule, and why it is there', (different, rule) => {
    const [finding, ...rest] = found(probed(way(different), { expected }));
    expect([finding!.id, finding!.rules, rest]).toEqual(['partner-blocked', [rule], []]);
    expect(finding!.means).toContain(expected.rules.find(({ id }) => id === rule)!.why);
  });

  test('what arrives from another address than ours is the fault of the NAT', () => {
    const moved = way({ outcome: 'arrived', from: '131.107.155.31:50123' });
    expect(found(probed(moved, { expected })).map(({ id, place }) => [id, place])).toEqual([
      ['leaves-by-another-address', 'nat'],
    ]);
    expect(found(probed(way({ outcome: 'arrived', from: `${PUBLIC}:50123` }), { expected }))).toEqual([]);
    expect(found(probed(way({ direction: 'in', outcome: 'arrived' }), { expected }))).toEqual([]);
  });

  test('what could not be tried is unknown, and says why', () => {
    const results = diagnose(probed(way({ outcome: 'untried', why: 'port 443 is taken' }), { expected }));
    expect(results.filter(({ check }) => check === 'partner-media')).toMatchObject([
      { verdict: 'unknown', seen: 'port 443 is taken' },
    ]);
  });
});
