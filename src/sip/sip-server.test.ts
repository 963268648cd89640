import { describe, expect, test } from 'vitest';
import { digestAnswer, SipBench, withinDialog } from '../../test/testkit/sip-bench.ts';
import { answered, asked, saidIn, sipRequest, sipResponse } from '../../test/testkit/sip-messages.ts';
import { tortureMessage } from '../../test/vectors/sip-torture.ts';
import { readSipMessage, type SipRequest, SipStreamReader } from '../wire/index.ts';
import type { NextHop } from './flows.ts';

const POOL: NextHop = { transport: 'TLS', host: 'pool.example.test', port: 5061, side: 'internal' };
const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret|2^31\r\n';

describe('signing in', () => {
  test('a phone is asked by 401 and listed by 200; its connection is asked no more', () => {
    const bench = new SipBench();
    bench.open(1);
    const [first] = answered(bench.hear(1, register()));
    expect(first).toMatchObject({ status: 401 });
    expect(first!.headers.first('www-authenticate')).toMatch(
      /^Digest realm="example.test", .*algorithm=MD5, qop="auth"$/,
    );
    const ok = bench.register(1, 'alice', { Contact: '<sip:alice@client1.invalid>' });
    expect(ok.status).toBe(200);
    expect([...ok.headers].map(({ name }) => name)).toEqual([
      'Via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
      'Contact',
      'Expires',
      'Supported',
      'Server',
      'Content-Length',
    ]);
    const [again] = answered(bench.hear(1, register({ CSeq: '900 REGISTER', Contact: '<sip:alice@client1.invalid>' })));
    expect(again).toMatchObject({ status: 200 });
    expect(bench.server.counts()).toEqual({ flows: 1, transactions: 0, bindings: 1, users: 1 });
  });

  test('pidgin-sipe is asked by 407, and repeats the request with the same branch and CSeq', () => {
    const bench = new SipBench();
    bench.open(1);
    const sipe = {
      'User-Agent': 'Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)',
      Contact: '<sip:192.0.2.10:50123;transport=tls>',
    };
    const [first] = answered(bench.hear(1, register(sipe)));
    expect(first).toMatchObject({ status: 407 });
    const challenge = first!.headers.first('proxy-authenticate')!;
    const claim = digestAnswer(challenge, {
      username: 'alice',
      password: 'alice-password',
      method: 'REGISTER',
      uri: '(null)',
    });
    const [second] = answered(bench.hear(1, register({ ...sipe, 'Proxy-Authorization': claim })));
    expect(second).toMatchObject({ status: 200 });
    expect(second!.headers.first('expires')).toBe('3600');
  });

  test('an unknown scheme is challenged anew (RFC 4475 §3.3.7), an unknown user no differently', () => {
    const bench = new SipBench();
    bench.open(1);
    expect(
      answered(bench.hear(1, register({ Authorization: 'NoOneKnowsThisScheme opaque-data=here' })))[0],
    ).toMatchObject({ status: 401 });
    expect(answered(bench.hear(1, register({ To: '<sip:nobody@example.test>' })))[0]).toMatchObject({ status: 401 });
  });

  test('a wrong password three times is 403, with a reason a person can read', () => {
    const bench = new SipBench();
    bench.open(1);
    const said = [1, 2, 3, 4].map(() => bench.register(1, 'alice', {}, 'guess'));
    expect(said.map(({ status }) => status)).toEqual([401, 401, 401, 403]);
    expect(said[3]!.headers.first('warning')).toBe(
      '399 edge.example.test "Too many wrong passwords. Try again in a minute."',
    );
    expect(said[3]!.headers.first('ms-diagnostics-public')).toContain('Too many wrong passwords');
  });

  test('nobody registers another user, and a connection may hold several who have each proven it', () => {
    const bench = new SipBench();
    bench.signIn(1, 'alice');
    const [stranger] = answered(bench.hear(1, register({ To: '<sip:bob@example.test>' })));
    expect(stranger).toMatchObject({ status: 401 });
    const claim = digestAnswer(stranger!.headers.first('www-authenticate')!, {
      username: 'alice',
      password: 'alice-password',
      method: 'REGISTER',
      uri: 'sip:example.test',
    });
    expect(answered(bench.hear(1, register({ To: '<sip:bob@example.test>', Authorization: claim })))[0]).toMatchObject({
      status: 403,
    });
    expect(bench.register(1, 'bob', { Contact: '<sip:bob@client1.invalid>' }).status).toBe(200);
    expect(bench.server.counts()).toMatchObject({ bindings: 2, users: 2 });
  });

  test('a user of one side signs in there only', () => {
    const bench = new SipBench();
    const outside = bench.signIn(1, 'carol');
    expect(outside.status).toBe(403);
    expect(outside.headers.first('warning')).toContain('may not sign in from here');
    expect(bench.signIn(2, 'carol', { flow: { side: 'internal' } }).status).toBe(200);
  });

  test('passwords are not asked for without TLS', () => {
    const bench = new SipBench();
    bench.open(1, { transport: 'TCP' });
    const [said] = answered(bench.hear(1, register()));
    expect(said).toMatchObject({ status: 403 });
    expect(said!.headers.has('www-authenticate')).toBe(false);
  });

  test('a user who is revoked is signed in nowhere, and asked again', () => {
    const bench = new SipBench();
    bench.signIn(1, 'alice');
    expect(bench.server.revoke('sip:alice@example.test', 0)).toEqual([
      { do: 'unregistered', record: 'sip:alice@example.test', flow: 1 },
    ]);
    expect(bench.server.counts()).toMatchObject({ bindings: 0 });
    expect(answered(bench.hear(1, register({ CSeq: '900 REGISTER' })))[0]).toMatchObject({ status: 401 });
  });
});

describe('a call (RFC 3261 §16)', () => {
  test('INVITE, 180, 200, ACK and BYE find their way, and the body is untouched', () => {
    const bench = withTwo();
    const effects = bench.hear(1, invite());
    expect(saidIn(effects)).toEqual(['1 100', '2 INVITE']);
    const out = asked(effects)[0]!;
    expect(out.uriText).toBe('sip:bob@client2.invalid;transport=ws');
    expect(Buffer.from(out.body).toString()).toBe(SDP);
    expect(out.maxForwards).toBe(69);
    expect(out.vias).toHaveLength(2);
    expect(out.vias[1]!.params.get('received')).toBe('198.51.100.7');
    expect(out.headers.first('p-asserted-identity')).toBe('<sip:alice@example.test>');

    expect(saidIn(bench.hear(2, sipResponse(out, 180)))).toEqual(['1 180']);
    const [ok] = answered(bench.hear(2, sipResponse(out, 200)));
    expect(ok).toMatchObject({ flow: 1, status: 200 });
    expect(ok!.vias).toHaveLength(1);

    const [ack] = asked(bench.hear(1, withinDialog('ACK', 'caller', invite(), ok!)));
    expect(ack).toMatchObject({ flow: 2, method: 'ACK' });
    expect(ack!.headers.has('route')).toBe(false);
    const [bye] = asked(bench.hear(2, withinDialog('BYE', 'callee', invite(), ok!)));
    expect(bye).toMatchObject({ flow: 1, method: 'BYE' });
    expect(saidIn(bench.hear(1, sipResponse(bye!, 200)))).toEqual(['2 200']);
    const [reinvite] = asked(bench.hear(1, withinDialog('INVITE', 'caller', invite(), ok!)));
    expect(reinvite).toMatchObject({ flow: 2, method: 'INVITE' });
    expect(reinvite!.headers.has('record-route')).toBe(false);
    bench.hear(2, sipResponse(reinvite!, 200));
    bench.pass(64_001);
    expect(bench.server.counts()).toMatchObject({ transactions: 0 });
  });

  test('the route is recorded twice: each end comes back by its own connection', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    const recorded = out!.headers.all('record-route');
    expect(recorded).toHaveLength(2);
    for (const one of recorded) expect(one).toMatch(/^<sip:[\w-]{20,}@edge\.example\.test:5061;transport=tls;lr>$/);
    expect(new Set(recorded).size).toBe(2);
  });

  test('a dialog goes on with requests that have no branch and CSeqs of their own, as pidgin-sipe writes them', () => {
    const bench = withTwo();
    const Via = 'SIP/2.0/tls 192.0.2.10:50123';
    const call = sipRequest('INVITE', { headers: { Via } });
    const [out] = asked(bench.hear(1, call));
    const [ok] = answered(bench.hear(2, sipResponse(out!, 200)));
    expect(ok!.vias[0]!.params.has('branch')).toBe(false);
    expect(saidIn(bench.hear(1, withinDialog('ACK', 'caller', call, ok!, { Via })))).toEqual(['2 ACK']);
    expect(saidIn(bench.hear(1, withinDialog('INFO', 'caller', call, ok!, { Via })))).toEqual(['2 INFO']);
  });

  test('a refusal goes back, and its ACK stays between neighbours', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    expect(saidIn(bench.hear(2, sipResponse(out!, 486)))).toEqual(['2 ACK', '1 486']);
    expect(bench.hear(1, sipRequest('ACK', { headers: { To: '<sip:bob@example.test>;tag=b' } }))).toEqual([]);
    bench.pass(0);
    expect(bench.server.counts()).toMatchObject({ transactions: 0 });
  });

  test('who is called in several places rings in all; the first to answer has it, the others hear CANCEL', () => {
    const bench = withTwo();
    bench.signIn(3, 'bob', { contact: '<sip:bob@client3.invalid>' });
    const effects = bench.hear(1, invite());
    expect(saidIn(effects)).toEqual(['1 100', '2 INVITE', '3 INVITE']);
    const [two, three] = asked(effects);
    bench.hear(3, sipResponse(three!, 180));
    expect(saidIn(bench.hear(2, sipResponse(two!, 200)))).toEqual(['1 200', '3 CANCEL']);
    expect(saidIn(bench.hear(3, sipResponse(three!, 487)))).toEqual(['3 ACK']);
    bench.pass(33_000);
    expect(bench.server.counts()).toMatchObject({ transactions: 0 });
  });

  test('when all refuse, the best refusal goes back: 6xx, then the lowest kind, those that tell what to do first', () => {
    const codes = (...said: [number, number]) => {
      const bench = withTwo();
      bench.signIn(3, 'bob', { contact: '<sip:bob@client3.invalid>' });
      const [two, three] = asked(bench.hear(1, invite()));
      const first = bench.hear(2, sipResponse(two!, said[0]));
      return saidIn([...first, ...bench.hear(3, sipResponse(three!, said[1]))]).filter(one => one.startsWith('1 '));
    };
    expect(codes(486, 404)).toEqual(['1 486']);
    expect(codes(503, 404)).toEqual(['1 404']);
    expect(codes(486, 415)).toEqual(['1 415']);
    expect(codes(302, 404)).toEqual(['1 302']);
    expect(codes(404, 603)).toEqual(['1 603']);
    expect(codes(503, 503)).toEqual(['1 500']);
  });

  test('a refusal for everywhere stops the others', () => {
    const bench = withTwo();
    bench.signIn(3, 'bob', { contact: '<sip:bob@client3.invalid>' });
    const [two, three] = asked(bench.hear(1, invite()));
    bench.hear(2, sipResponse(two!, 180));
    expect(saidIn(bench.hear(3, sipResponse(three!, 603)))).toEqual(['3 ACK', '2 CANCEL']);
    expect(saidIn(bench.hear(2, sipResponse(two!, 487)))).toEqual(['2 ACK', '1 603']);
  });

  test('challenges of several places are passed on together', () => {
    const bench = withTwo();
    bench.signIn(3, 'bob', { contact: '<sip:bob@client3.invalid>' });
    const [two, three] = asked(bench.hear(1, invite()));
    bench.hear(2, sipResponse(two!, 407, { 'Proxy-Authenticate': 'Digest realm="a"' }));
    const [best] = answered(bench.hear(3, sipResponse(three!, 401, { 'WWW-Authenticate': 'Digest realm="b"' })));
    expect(best!.headers.has('proxy-authenticate') && best!.headers.has('www-authenticate')).toBe(true);
  });
});

describe('CANCEL (RFC 3261 §9, §16.10)', () => {
  const cancel = (headers = {}) => sipRequest('CANCEL', { headers: { CSeq: '1 CANCEL', ...headers } });

  test('is answered at once and sent on when the callee has been heard of', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    expect(saidIn(bench.hear(1, cancel()))).toEqual(['1 200']);
    const effects = bench.hear(2, sipResponse(out!, 180));
    expect(saidIn(effects)).toEqual(['2 CANCEL', '1 180']);
    const [out2] = asked(effects);
    expect(out2!.vias).toEqual(out!.vias.slice(0, 1));
    expect(saidIn(bench.hear(2, sipResponse(out2!, 200)))).toEqual([]);
    expect(saidIn(bench.hear(2, sipResponse(out!, 487)))).toEqual(['2 ACK', '1 487']);
  });

  test('of nothing is 481, and by another connection it finds nothing', () => {
    const bench = withTwo();
    expect(saidIn(bench.hear(1, cancel()))).toEqual(['1 481']);
    bench.hear(1, invite());
    expect(saidIn(bench.hear(2, cancel()))).toEqual(['2 481']);
  });

  test('a callee that hears CANCEL and says nothing more is given up after 64 T1', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    bench.hear(2, sipResponse(out!, 180));
    bench.hear(1, cancel());
    expect(saidIn(bench.pass(32_000))).toEqual(['1 408']);
    bench.hear(1, sipRequest('ACK', { headers: { To: '<sip:bob@example.test>;tag=b' } }));
    bench.pass(32_000);
    expect(bench.server.counts()).toMatchObject({ transactions: 0 });
  });
});

describe('when nobody answers', () => {
  test('an INVITE that rings too long is taken back (timer C), and every sign of life but 100 prolongs it', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    bench.hear(2, sipResponse(out!, 100));
    bench.pass(100_000);
    bench.hear(2, sipResponse(out!, 180));
    expect(saidIn(bench.pass(180_999))).toEqual([]);
    expect(saidIn(bench.pass(1))).toEqual(['2 CANCEL']);
    expect(saidIn(bench.hear(2, sipResponse(out!, 487)))).toEqual(['2 ACK', '1 487']);
  });

  test('a 100 is no sign of the callee: it prolongs nothing', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    bench.hear(2, sipResponse(out!, 100));
    bench.pass(100_000);
    bench.hear(2, sipResponse(out!, 100));
    expect(saidIn(bench.pass(81_000))).toEqual(['2 CANCEL']);
  });

  test('an INVITE without any answer is 408 after 64 T1; another request gets no answer at all (RFC 4320)', () => {
    const bench = withTwo();
    bench.hear(1, invite());
    expect(saidIn(bench.pass(32_000))).toEqual(['1 408']);
    bench.hear(1, sipRequest('MESSAGE'));
    expect(saidIn(bench.pass(32_000))).toEqual([]);
    expect(bench.server.counts()).toMatchObject({ transactions: 0 });
  });

  test('who is not signed in is 480, who does not exist 404', () => {
    const bench = new SipBench();
    bench.signIn(1, 'alice');
    expect(saidIn(bench.hear(1, invite()))).toEqual(['1 480']);
    expect(saidIn(bench.hear(1, invite('sip:nobody@example.test', { Via: via('x') })))).toEqual(['1 404']);
  });

  test("the callee's connection closing ends the call attempt with 480, the dialog with 430", () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    const [ok] = answered(bench.hear(2, sipResponse(out!, 200)));
    bench.hear(1, invite('sip:bob@example.test', { Via: via('second'), 'Call-ID': 'second' }));
    expect(saidIn(bench.close(2))).toEqual(['1 480']);
    expect(saidIn(bench.hear(1, withinDialog('BYE', 'caller', invite(), ok!)))).toEqual(['1 430']);
  });

  test('a phone that comes back by another connection is reached there within its dialog, and nobody else is', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    const [ok] = answered(bench.hear(2, sipResponse(out!, 200)));
    const within = (method: string, branch: string) =>
      withinDialog(method, 'caller', invite(), ok!, { Via: `SIP/2.0/TLS c.invalid;branch=z9hG4bK${branch}` });
    bench.close(2);
    bench.signIn(3, 'bob', { contact: '<sip:bob@client3.invalid;transport=ws>' });
    expect(saidIn(bench.hear(1, within('INFO', 'other-phone')))).toEqual(['1 430']);
    bench.signIn(4, 'bob', { contact: '<sip:bob@client2.invalid;transport=ws>' });
    expect(saidIn(bench.hear(1, within('ACK', 'ack')))).toEqual(['4 ACK']);
    expect(saidIn(bench.hear(1, within('BYE', 'bye')))).toEqual(['4 BYE']);
    expect(saidIn(bench.hear(4, withinDialog('INFO', 'callee', invite(), ok!)))).toEqual(['1 INFO']);
  });

  test("the caller's connection closing takes the call back", () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    bench.hear(2, sipResponse(out!, 180));
    expect(saidIn(bench.close(1))).toEqual(['2 CANCEL']);
    bench.hear(2, sipResponse(out!, 487));
    bench.pass(64_000);
    expect(bench.server.counts()).toEqual({ flows: 1, transactions: 0, bindings: 1, users: 1 });
  });
});

describe('what is refused', () => {
  test.each([
    ['too many hops', { 'Max-Forwards': '0' }, 'sip:bob@example.test', 483],
    [
      'a proxy extension nobody knows',
      { 'Proxy-Require': 'ms-benotify, noProxiesSupportThis' },
      'sip:bob@example.test',
      420,
    ],
    ['a scheme we do not route', {}, 'nobodyknowsthisscheme:totallyopaquecontent', 416],
    ['a domain that is nobody of ours', {}, 'sip:bob@elsewhere.test', 403],
    ['a route to elsewhere', { Route: '<sip:proxy.elsewhere.test;lr>' }, 'sip:bob@example.test', 403],
    [
      'a route of ours that we have not made',
      { Route: '<sip:forged@edge.example.test;lr>' },
      'sip:bob@example.test',
      430,
    ],
    ['from another user than the connection is', { From: '<sip:bob@example.test>;tag=x' }, 'sip:bob@example.test', 403],
    ['from nobody', { From: '<tel:+1>;tag=x' }, 'sip:bob@example.test', 403],
  ])('%s', (_, headers, uri, status) => {
    const bench = withTwo();
    const effects = bench.hear(1, invite(uri, headers));
    expect(saidIn(effects)).toEqual([`1 ${status}`]);
    expect(effects[0]).toMatchObject({ do: 'count-refusal' });
    if (status === 420) expect(answered(effects)[0]!.headers.first('unsupported')).toBe('noproxiessupportthis');
  });

  test('a route of ours that somebody has changed', () => {
    const bench = withTwo();
    const [recorded] = asked(bench.hear(1, invite()))[0]!.headers.all('record-route');
    const token = /sip:([\w-]+)@/.exec(recorded!)![1]!;
    const other = Buffer.from(token, 'base64url');
    other[other.length - 1]! ^= 3; // another flow
    const Route = recorded!.replace(token, other.toString('base64url'));
    expect(saidIn(bench.hear(1, invite('sip:x@elsewhere.test', { Route: recorded, Via: via('r1') })))).toEqual([
      '1 100',
      '2 INVITE',
    ]);
    expect(saidIn(bench.hear(1, invite('sip:x@elsewhere.test', { Route, Via: via('r2') })))).toEqual(['1 430']);
  });

  test('a loop is 482, a spiral goes on', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    const Via = [via('again'), ...out!.headers.all('via')];
    expect(saidIn(bench.hear(1, invite('sip:bob@example.test', { Via })))).toEqual(['1 482']);
    expect(
      saidIn(bench.hear(1, invite('sip:bob@EXAMPLE.test', { Via: [via('more'), ...out!.headers.all('via')] }))),
    ).toEqual(['1 100', '2 INVITE']);
  });

  test('a stranger calls nobody before he has said who he is', () => {
    const bench = withTwo();
    bench.open(9);
    expect(saidIn(bench.hear(9, invite()))).toEqual(['9 407']);
    expect(bench.hear(9, sipRequest('ACK', { headers: { Via: via('stray') } }))).toEqual([
      { do: 'count-refusal', refusal: 'stray-ack', flow: 9 },
    ]);
  });

  test('a response that answers nothing, or comes by another connection, is dropped and counted', () => {
    const bench = withTwo();
    const [out] = asked(bench.hear(1, invite()));
    const stray = [{ do: 'count-refusal', refusal: 'stray-response', flow: 1 }];
    expect(bench.hear(1, sipResponse(out!, 200))).toEqual(stray);
    const bcast = readSipMessage(tortureMessage('bcast').bytes, 'datagram');
    expect(bench.hear(1, bcast)).toEqual(stray);
  });

  test('more transactions than there may be', () => {
    const bench = new SipBench({ settings: { transactions: 2 } });
    bench.signIn(1, 'alice');
    bench.signIn(2, 'bob');
    bench.hear(1, invite());
    expect(saidIn(bench.hear(1, invite('sip:bob@example.test', { Via: via('more') })))).toEqual(['1 503']);
  });

  test('bytes that are no message are counted, answered when an answer is due, and end the stream when its end is lost', () => {
    const bench = new SipBench();
    bench.open(1);
    const reader = new SipStreamReader();
    const said = [...tortureMessage('regbadct').bytes, ...tortureMessage('mcl01').bytes];
    const effects = reader.push(Uint8Array.from(said)).flatMap(one => bench.hear(1, one));
    expect(effects.map(effect => effect.do)).toEqual(['count-refusal', 'send', 'count-refusal', 'send', 'close']);
    expect(saidIn(effects)).toEqual(['1 400', '1 400']);
  });
});

describe('what the edge says itself', () => {
  test('a ping is answered, OPTIONS too, and a service before any user of that name', () => {
    const bench = new SipBench({
      serve: ({ request, user }) =>
        request.method === 'SERVICE'
          ? { status: 200, body: Buffer.from(user!.record), headers: [['Content-Type', 'text/plain']] }
          : undefined,
    });
    bench.signIn(1, 'alice');
    expect(bench.hear(1, { kind: 'ping' })).toEqual([{ do: 'send', flow: 1, bytes: Buffer.from('\r\n') }]);
    const [options] = answered(bench.hear(1, sipRequest('OPTIONS', { uri: 'sip:example.test' })));
    expect(options!.headers.first('allow')).toContain('SERVICE');
    const [service] = answered(
      bench.hear(1, sipRequest('SERVICE', { uri: 'sip:mras@example.test;gruu;opaque=srvr:MRAS:1' })),
    );
    expect(Buffer.from(service!.body).toString()).toBe('sip:alice@example.test');
    expect(service!.to.params.has('tag')).toBe(true);
  });

  test('a STUN keep-alive hears where it comes from, other STUN nothing', () => {
    const bench = new SipBench();
    bench.open(1);
    const stun = (hex: string) => bench.hear(1, { kind: 'stun', bytes: Buffer.from(hex, 'hex') });
    const [said] = stun('000100002112a442000102030405060708090a0b');
    const bytes = Buffer.from((said as { bytes: Uint8Array }).bytes).toString('hex');
    // 198.51.100.7 port 40001, both with the magic cookie
    expect(bytes).toBe('0101000c2112a442000102030405060708090a0b002000080001bd53e721c045');
    expect(stun('000300002112a442000102030405060708090a0b')).toEqual([]);
    expect(stun('010100002112a442000102030405060708090a0b')).toEqual([]);
    expect(stun('000100042112a442000102030405060708090a0b')).toEqual([]);
  });

  test('a notice reaches every device of a user', () => {
    const bench = withTwo();
    bench.signIn(3, 'alice', { contact: '<sip:alice@client3.invalid>' });
    const notice = {
      method: 'BENOTIFY',
      headers: [['Event', 'vnd-microsoft-provisioning-v2']] as const,
      body: Buffer.from('<x/>'),
    };
    const effects = bench.server.notify('sip:alice@example.test', notice, 0);
    expect(saidIn(effects)).toEqual(['1 BENOTIFY', '3 BENOTIFY']);
    expect(asked(effects)[0]).toMatchObject({ uriText: 'sip:alice@client1.invalid;transport=ws' });
    expect(bench.server.counts()).toMatchObject({ transactions: 0 });
  });
});

describe('who is known by another name, or to another server', () => {
  test('an alias leads to the user, and he may write from it', () => {
    const bench = new SipBench({ aliases: { bob: 'sip:bobby@example.test' } });
    bench.signIn(1, 'alice');
    bench.signIn(2, 'bob');
    expect(saidIn(bench.hear(1, invite('sip:bobby@example.test')))).toEqual(['1 100', '2 INVITE']);
    const back = sipRequest('MESSAGE', {
      uri: 'sip:alice@example.test',
      headers: { From: '<sip:bobby@example.test>;tag=1', Via: via('m') },
    });
    expect(saidIn(bench.hear(2, back))).toEqual(['1 MESSAGE']);
  });

  test('unknown users are the pool inside: one connection, made when it is wanted, and used again', () => {
    const bench = new SipBench({ nextHop: uri => (uri.host === 'example.test' ? POOL : undefined) });
    bench.signIn(1, 'alice');
    const first = bench.hear(1, invite('sip:dave@example.test'));
    expect(first.filter(effect => effect.do === 'connect')).toEqual([{ do: 'connect', hop: POOL }]);
    bench.hear(1, invite('sip:dave@example.test', { Via: via('two'), 'Call-ID': 'two' }));
    const third = bench.hear(1, invite('sip:dave@example.test', { Via: via('three'), 'Call-ID': 'three' }));
    expect(saidIn(third)).toEqual(['1 100', '1 504']); // two may wait
    const flow = { ...bench.open(50, { isTrusted: true, side: 'internal' }) };
    const opened = bench.server.onHopOpened(POOL, flow, 0);
    expect(saidIn(opened)).toEqual(['50 INVITE', '50 INVITE']);
    const [out] = asked(opened);
    const [ok] = answered(bench.hear(50, sipResponse(out!, 200)));
    expect(saidIn(bench.hear(1, withinDialog('ACK', 'caller', invite(), ok!)))).toEqual(['50 ACK']);
    // the dialog outlives the connection: its route names the server
    bench.close(50);
    const later = bench.hear(1, withinDialog('BYE', 'caller', invite(), ok!));
    expect(later.filter(effect => effect.do === 'connect')).toHaveLength(1);
    expect(saidIn(bench.server.onHopFailed(POOL, 0))).toEqual(['1 504']);
  });

  test('a user whom only the pool knows is let through to the pool, with a Path back, and to nobody else', () => {
    const bench = new SipBench({ nextHop: uri => (uri.host === 'example.test' ? POOL : undefined) });
    bench.signIn(2, 'bob');
    bench.server.onHopOpened(POOL, bench.open(50, { isTrusted: true, side: 'internal' }), 0);
    bench.open(1);
    const dave = {
      From: '<sip:dave@example.test>;tag=d',
      To: '<sip:dave@example.test>',
      Contact: '<sip:dave@client1.invalid>',
    };
    const vouched = { 'P-Asserted-Identity': '<sip:bob@example.test>', Authorization: 'Digest realm="pool"' };
    const [out] = asked(bench.hear(1, register({ ...dave, ...vouched })));
    expect(out).toMatchObject({ flow: 50, method: 'REGISTER' });
    const path = out!.headers.first('path')!;
    expect(path).toMatch(/;lr;ob>$/);
    expect(out!.headers.first('authorization')).toContain('realm="pool"'); // it is the pool that asks for the password
    expect(out!.headers.first('p-asserted-identity')).toBeUndefined(); // and believes us
    expect(
      saidIn(bench.hear(50, sipResponse(out!, 401, { 'WWW-Authenticate': 'Digest realm="pool", nonce="x"' }))),
    ).toEqual(['1 401']);
    const call = invite('sip:bob@example.test', { From: dave.From, Via: via('call') });
    expect(saidIn(bench.hear(1, call))).toEqual(['1 100', '50 INVITE']);
    const toDave = sipRequest('INVITE', { uri: 'sip:dave@client1.invalid', headers: { Route: path, Via: via('in') } });
    expect(saidIn(bench.hear(50, toDave))).toEqual(['50 100', '1 INVITE']);
  });
});

test('passwords for us go no further, those for others do', () => {
  const bench = withTwo();
  const message = sipRequest('MESSAGE', {
    headers: {
      'Proxy-Authorization': [
        'Digest username="alice", realm="example.test", nonce="x"',
        'Digest username="alice", realm="elsewhere.test", nonce="y"',
      ],
    },
  });
  const [out] = asked(bench.hear(1, message));
  expect(out!.headers.all('proxy-authorization')).toEqual([
    'Digest username="alice", realm="elsewhere.test", nonce="y"',
  ]);
});

test('when everybody has gone, nothing is left', () => {
  const bench = withTwo();
  const [out] = asked(bench.hear(1, invite()));
  bench.hear(2, sipResponse(out!, 180));
  bench.close(2);
  bench.close(1);
  bench.pass(64_000);
  expect(bench.server.counts()).toEqual({ flows: 0, transactions: 0, bindings: 0, users: 0 });
  expect(bench.server.nextDeadline()).toBe(Infinity);
});

function withTwo(): SipBench {
  const bench = new SipBench();
  bench.signIn(1, 'alice');
  bench.signIn(2, 'bob');
  return bench;
}

function register(headers = {}): SipRequest {
  return sipRequest('REGISTER', { uri: 'sip:example.test', headers });
}

function invite(uri = 'sip:bob@example.test', headers = {}): SipRequest {
  return sipRequest('INVITE', {
    uri,
    headers: { Contact: '<sip:alice@client1.invalid;transport=ws>', 'Content-Type': 'application/sdp', ...headers },
    body: SDP,
  });
}

function via(branch: string): string {
  return `SIP/2.0/TLS client.invalid;branch=z9hG4bK${branch}`;
}
