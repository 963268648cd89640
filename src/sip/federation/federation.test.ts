import { describe, expect, test } from 'vitest';
import { SipBench, withinDialog } from '../../../test/testkit/sip-bench.ts';
import { answered, asked, type Headers, saidIn, sipRequest, sipResponse } from '../../../test/testkit/sip-messages.ts';
import type { SipRequest } from '../../wire/index.ts';
import { type HopFailure, type NextHop, type Partner, Partners, type SipEffect } from '../index.ts';

const limits = { connections: 2, transactions: 5, requestsPerSecond: 20 };
const PARTNER: Partner = { name: 'partner.test', domains: ['partner.test', 'partner.example'], limits };
const OTHER: Partner = { name: 'other.test', domains: ['other.test'], limits };
const partners = new Partners([PARTNER, OTHER]);
const HOP: NextHop = { transport: 'TLS', side: 'partner', host: 'partner.test', port: 0 };
const INSIDE: NextHop = { transport: 'TLS', side: 'internal', host: 'pool.example.test', port: 5061 };
const ALICE = 1;
const THEIRS = 60;

describe('a partner that has called us', () => {
  test.each<[string, string, string, Headers, string, string]>([
    ['calls a user of ours', 'INVITE', 'sip:alice@example.test', {}, '100', ''],
    ['sends one a message', 'MESSAGE', 'sip:alice@example.test', {}, '', ''],
    ['asks for one we do not have', 'MESSAGE', 'sip:zoe@example.test', {}, '404', ''],
    ['asks for credentials of the relay', 'SERVICE', 'sip:mras@example.test', {}, '403', '1027'],
    ['registers', 'REGISTER', 'sip:example.test', {}, '403', '1027'],
    ['publishes', 'PUBLISH', 'sip:alice@example.test', {}, '403', '1027'],
    ['calls another partner', 'INVITE', 'sip:eve@other.test', {}, '403', '1005'],
    ['calls itself', 'INVITE', 'sip:eve@partner.test', {}, '403', '1005'],
    ['calls the rest of the world', 'INVITE', 'sip:eve@elsewhere.test', {}, '403', '1005'],
    [
      'has a route by us to others',
      'INVITE',
      'sip:alice@example.test',
      { Route: '<sip:other.test;lr>' },
      '403',
      '1005',
    ],
    [
      'speaks for our user',
      'MESSAGE',
      'sip:alice@example.test',
      { From: '<sip:bob@example.test>;tag=p' },
      '403',
      '4004',
    ],
    [
      'speaks for another partner',
      'MESSAGE',
      'sip:alice@example.test',
      { From: '<sip:a@other.test>;tag=p' },
      '403',
      '4004',
    ],
    [
      'speaks for a domain of its own that is in no certificate',
      'MESSAGE',
      'sip:alice@example.test',
      { From: '<sip:a@partner.example>;tag=p' },
      '403',
      '4004',
    ],
    [
      'vouches for our user',
      'MESSAGE',
      'sip:alice@example.test',
      { 'P-Asserted-Identity': '<sip:ceo@example.test>' },
      '403',
      '4004',
    ],
    [
      'vouches for a number',
      'MESSAGE',
      'sip:alice@example.test',
      { 'P-Asserted-Identity': '<sip:eve@partner.test>, <tel:+1>' },
      '403',
      '4004',
    ],
    [
      'vouches for nobody can tell whom',
      'MESSAGE',
      'sip:alice@example.test',
      { 'P-Asserted-Identity': '<<' },
      '403',
      '4004',
    ],
    ['has come too far', 'MESSAGE', 'sip:alice@example.test', { 'Max-Forwards': '0' }, '483', ''],
    ['asks whether we are there', 'OPTIONS', 'sip:example.test', {}, '200', ''],
  ])('%s', (_, method, uri, headers, status, diagnosis) => {
    const { bench } = federated();
    const said = answered(bench.hear(THEIRS, fromPartner(method, uri, headers)));
    expect(said.map(one => String(one.status)).join(' ')).toBe(status);
    if (diagnosis === '') expect(said[0]?.headers.has('ms-diagnostics-public') ?? false).toBe(false);
    else
      expect(said[0]!.headers.first('ms-diagnostics-public')).toMatch(
        new RegExp(`^${diagnosis};reason="[^"]+";domain="`),
      );
    expect(said[0]?.headers.has('ms-diagnostics') ?? false).toBe(false);
  });

  test('may vouch for its own user, and for nothing else that only servers inside say', () => {
    const { bench } = federated();
    const own = { 'P-Asserted-Identity': '<sip:eve@partner.test>', 'ms-edge-proxy-message-trust': 'x' };
    const [out] = asked(bench.hear(THEIRS, fromPartner('MESSAGE', 'sip:alice@example.test', own)));
    expect(out).toMatchObject({ flow: ALICE });
    expect(out!.headers.first('p-asserted-identity')).toBe('<sip:eve@partner.test>');
    expect(out!.headers.has('ms-edge-proxy-message-trust')).toBe(false);
  });

  test('is called back by the same connection, by all the domains that it has proven', () => {
    const { bench } = federated();
    expect(asked(bench.hear(ALICE, toPartner('MESSAGE')))).toMatchObject([{ flow: THEIRS }]);
    const other = bench.hear(ALICE, toPartner('MESSAGE', 'sip:eve@partner.example', branch(2)));
    expect(connects(other)).toMatchObject([{ host: 'partner.example' }]);
  });

  test('hangs up a call by a new connection, and is reached by one of ours when it has lost its own', () => {
    const { bench } = federated();
    const invite = fromPartner('INVITE', 'sip:alice@example.test', {
      From: '<sip:bob@partner.test>;tag=a',
      To: '<sip:alice@example.test>',
      Contact: '<sip:bob@client2.invalid>',
    });
    const [out] = asked(bench.hear(THEIRS, invite));
    const ok = answered(bench.hear(ALICE, sipResponse(out!, 200)))[0]!;
    bench.close(THEIRS);
    const bye = withinDialog('BYE', 'callee', invite, ok, { Via: 'SIP/2.0/TLS c.invalid;branch=z9hG4bKbye' });
    const dialled = bench.hear(ALICE, bye);
    expect(connects(dialled)).toEqual([HOP]);
    const opened = bench.server.onHopOpened(HOP, bench.open(61, partnerFlow(PARTNER, 'partner.test')), bench.now);
    expect(saidIn(opened)).toEqual(['61 BYE']);
    bench.open(62, partnerFlow(PARTNER, 'partner.test'));
    const theirs = withinDialog('INFO', 'caller', invite, ok);
    expect(saidIn(bench.hear(62, theirs))).toEqual([`${ALICE} INFO`]);
  });

  test('does not get to another partner by a route that was made for somebody else', () => {
    const { bench } = federated();
    bench.open(70, partnerFlow(OTHER, 'other.test'));
    const out = asked(bench.hear(ALICE, toPartner('INVITE', 'sip:eve@other.test')))[0]!;
    expect(out.flow).toBe(70);
    const [on] = out.headers.all('record-route');
    const stolen = fromPartner('INVITE', 'sip:eve@other.test', { Route: on! });
    expect(saidIn(bench.hear(THEIRS, stolen))).toEqual([`${THEIRS} 403`]);
  });

  test('calls nobody by the route of a call it has had', () => {
    const bench = new SipBench({ settings: { partners }, nextHop: () => INSIDE });
    bench.server.onHopOpened(INSIDE, bench.open(90, { side: 'internal', isTrusted: true }), bench.now);
    bench.open(THEIRS, partnerFlow(PARTNER, 'partner.test'));
    const [out] = asked(bench.hear(THEIRS, fromPartner('INVITE', 'sip:zoe@example.test')));
    expect(out!.flow).toBe(90);
    const Route = answered(bench.hear(90, sipResponse(out!, 200)))[0]!
      .headers.all('record-route')
      .toReversed();
    const abroad = (To: string, i: number) =>
      fromPartner('INVITE', 'sip:+1900@example.net', { Route, To, ...branch(i) });
    expect(saidIn(bench.hear(THEIRS, abroad('<sip:zoe@example.test>', 1)))).toEqual([`${THEIRS} 403`]);
    expect(saidIn(bench.hear(THEIRS, abroad('<sip:zoe@example.test>;tag=b', 2)))).toEqual([
      `${THEIRS} 100`,
      '90 INVITE',
    ]);
  });

  test('is heard as often as its limit says, and again after a while', () => {
    const { bench } = federated();
    const at = (i: number) => statuses(bench.hear(THEIRS, fromPartner('OPTIONS', 'sip:example.test', branch(i))));
    const first = Array.from({ length: 25 }, (_, i) => at(i)).flat();
    expect(first.filter(status => status === 200)).toHaveLength(20);
    expect(first.filter(status => status === 503)).toHaveLength(5);
    const ack = fromPartner('ACK', 'sip:alice@example.test', { CSeq: '1 ACK' });
    expect(saidIn(bench.hear(THEIRS, ack))).toEqual([]);
    bench.pass(100);
    expect([at(30), at(31), at(32)].flat()).toEqual([200, 200, 503]);
  });

  test('has no more transactions at once than its limit says, over all its connections', () => {
    const { bench } = federated();
    bench.open(61, partnerFlow(PARTNER, 'partner.test'));
    const at = (i: number) =>
      statuses(bench.hear(THEIRS + (i % 2), fromPartner('INVITE', 'sip:alice@example.test', branch(i))));
    expect([at(0), at(1), at(2), at(3), at(4), at(5)]).toEqual([[100], [100], [100], [100], [100], [503]]);
    expect(bench.hear(THEIRS, fromPartner('INVITE', 'sip:alice@example.test', branch(9)))).toContainEqual(
      expect.objectContaining({ refusal: 'partner-too-busy' }),
    );
  });
});

describe('who is from another domain and no partner', () => {
  test.each<[string, object, string, string, string]>([
    ['shows no certificate', {}, 'partner.test', 'partner-without-certificate', '1010'],
    [
      'shows one nobody trusts',
      { unproven: 'partner-certificate-untrusted' },
      'partner.test',
      'partner-certificate-untrusted',
      '1010',
    ],
    [
      'shows one of somebody else',
      { unproven: 'partner-certificate-misnamed' },
      'partner.test',
      'partner-certificate-misnamed',
      '1010',
    ],
    ['is not on the list', {}, 'stranger.test', 'domain-not-allowed', '1002'],
  ])('%s: refused by name, and nothing is asked of it', (_, flow, domain, refusal, diagnosis) => {
    const { bench } = federated();
    bench.open(80, flow);
    const effects = bench.hear(
      80,
      fromPartner('INVITE', 'sip:alice@example.test', { From: `<sip:x@${domain}>;tag=s` }),
    );
    expect(saidIn(effects)).toEqual(['80 403']);
    expect(effects).toContainEqual({ do: 'count-refusal', refusal, flow: 80, domain });
    expect(answered(effects)[0]!.headers.first('ms-diagnostics-public')).toMatch(
      new RegExp(`^${diagnosis};reason="[^"]+";domain="${domain}"$`),
    );
  });

  test('a phone that shows a certificate of its maker signs in all the same', () => {
    const { bench } = federated();
    const said = bench.signIn(81, 'bob', { flow: { unproven: 'partner-certificate-untrusted' } });
    expect(said.status).toBe(200);
  });

  test('a user who has another name elsewhere is no stranger', () => {
    const bench = new SipBench({ settings: { partners }, aliases: { alice: 'sip:al@partner.test' } });
    bench.signIn(ALICE, 'alice');
    const message = sipRequest('MESSAGE', {
      uri: 'sip:alice@example.test',
      headers: { From: '<sip:al@partner.test>;tag=a' },
    });
    expect(saidIn(bench.hear(ALICE, message))).toEqual([`${ALICE} MESSAGE`]);
  });
});

describe('our user calls a partner', () => {
  test('by a connection that turns out to be dead: another is opened, once', () => {
    const { bench } = federated();
    expect(saidIn(bench.hear(ALICE, toPartner('INVITE')))).toEqual([`${ALICE} 100`, `${THEIRS} INVITE`]);
    expect(connects(bench.close(THEIRS))).toEqual([HOP]);
    const opened = bench.server.onHopOpened(HOP, bench.open(61, partnerFlow(PARTNER, 'partner.test')), bench.now);
    expect(saidIn(opened)).toEqual(['61 INVITE']);
    expect(saidIn(bench.close(61))).toEqual([`${ALICE} 500`]);
  });

  test('and what a dead connection has answered in part is not asked again', () => {
    const { bench } = federated();
    const [out] = asked(bench.hear(ALICE, toPartner('INVITE')));
    bench.hear(THEIRS, sipResponse(out!, 180));
    expect(saidIn(bench.close(THEIRS))).toEqual([`${ALICE} 500`]);
  });

  test.each<[HopFailure, number]>([
    ['hop-no-srv', 1008],
    ['hop-no-address', 1014],
    ['hop-dns-failed', 1007],
    ['hop-unreachable', 1007],
    ['hop-untrusted', 1010],
    ['hop-misnamed', 1009],
  ])('that is not reached (%s), and hears why', (refusal, id) => {
    const { bench } = federated();
    bench.close(THEIRS);
    expect(connects(bench.hear(ALICE, toPartner('INVITE')))).toEqual([HOP]);
    const effects = bench.server.onHopFailed(HOP, bench.now, refusal);
    expect(effects).toContainEqual({ do: 'count-refusal', refusal, flow: ALICE });
    expect(saidIn(effects)).toEqual([`${ALICE} 504`]);
    expect(answered(effects)[0]!.headers.first('ms-diagnostics')).toMatch(
      new RegExp(`^${id};reason="[^"]+";domain="partner.test";source="edge.example.test"$`),
    );
  });

  test('and what is between him and his own server stays there', () => {
    const { bench } = federated();
    const effects = bench.hear(ALICE, toPartner('SERVICE'));
    expect(saidIn(effects)).toEqual([`${ALICE} 403`]);
    expect(answered(effects)[0]!.headers.first('ms-diagnostics')).toMatch(/^1027;/);
  });

  test('and not a domain that is on no list', () => {
    const { bench } = federated();
    const effects = bench.hear(ALICE, toPartner('INVITE', 'sip:eve@elsewhere.test'));
    expect(saidIn(effects)).toEqual([`${ALICE} 403`]);
    expect(answered(effects)[0]!.headers.first('ms-diagnostics')).toBe(
      '1005;reason="Cannot route to destination domain";domain="elsewhere.test";source="edge.example.test"',
    );
  });

  test('and not by a Route to it, whoever the request is for', () => {
    const { bench } = federated();
    const odd = toPartner('INVITE', 'sip:eve@elsewhere.test', { Route: '<sip:partner.test;lr>' });
    expect(saidIn(bench.hear(ALICE, odd))).toEqual([`${ALICE} 403`]);
  });

  test('and a server inside sends nothing to partners that is not from our users', () => {
    const { bench } = federated();
    bench.open(90, { side: 'internal', isTrusted: true });
    expect(asked(bench.hear(90, toPartner('INVITE')))).toMatchObject([{ flow: THEIRS }]);
    const relayed = toPartner('INVITE', 'sip:eve@partner.test', { From: '<sip:x@other.test>;tag=o', ...branch(7) });
    expect(saidIn(bench.hear(90, relayed))).toEqual(['90 403']);
  });
});

function federated() {
  const bench = new SipBench({ settings: { partners } });
  bench.signIn(ALICE, 'alice', { contact: '<sip:alice@client1.invalid;transport=ws>' });
  bench.open(THEIRS, partnerFlow(PARTNER, 'partner.test'));
  return { bench };
}

function partnerFlow(partner: Partner, ...domains: string[]) {
  return { side: 'partner' as const, partner: { partner, domains } };
}

function fromPartner(method: string, uri: string, headers: Headers = {}): SipRequest {
  const own = {
    From: '<sip:eve@partner.test>;tag=p',
    To: `<${uri}>`,
    Via: 'SIP/2.0/TLS sip.partner.test;branch=z9hG4bKp',
  };
  return sipRequest(method, { uri, headers: { ...own, ...headers } });
}

function toPartner(method: string, uri = 'sip:eve@partner.test', headers: Headers = {}): SipRequest {
  return sipRequest(method, { uri, headers: { To: `<${uri}>`, ...branch(method.length), ...headers } });
}

function branch(i: number): Headers {
  return { Via: `SIP/2.0/TLS x.invalid;branch=z9hG4bKb${i}`, 'Call-ID': `call-${i}` };
}

function statuses(effects: readonly SipEffect[]): number[] {
  return answered(effects).map(({ status }) => status);
}

function connects(effects: readonly SipEffect[]): NextHop[] {
  return effects.flatMap(effect => (effect.do === 'connect' ? [effect.hop] : []));
}
