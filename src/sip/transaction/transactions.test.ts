import { describe, expect, test } from 'vitest';
import { asked, type Headers, saidIn, sipFlow, sipRequest, sipResponse } from '../../../test/testkit/sip-messages.ts';
import { type Millis, respond, type SipResponse } from '../../wire/index.ts';
import { Deadlines } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import type { FlowId, SipTransport } from '../flows.ts';
import { InviteServerTransaction } from './invite-server.ts';
import { Transactions } from './transactions.ts';

const RELIABLE = 'TLS';
const LOSSY = 'UDP';

describe('an INVITE that came in (RFC 3261 §17.2.1)', () => {
  test('over datagrams: the last answer is said again when the INVITE comes again', () => {
    const s = server('INVITE', LOSSY);
    s.respond(180);
    expect(s.repeat()).toEqual(['1 180']);
    s.respond(486);
    expect(s.repeat()).toEqual(['1 486']);
  });

  test('over datagrams: a refusal is repeated after T1, 2 T1, 4 T1, then every T2, until the ACK comes (timer G)', () => {
    const s = server('INVITE', LOSSY);
    s.respond(486);
    expect(s.pass(10_000)).toEqual(times('1 486', [500, 1500, 3500, 7500]));
    expect(s.ack()).toBe(false);
    expect(s.pass(4_999)).toEqual([]);
    expect(s.transactions.size).toBe(1); // timer I
    s.pass(1);
    expect(s.transactions.size).toBe(0);
  });

  test('a refusal nobody acknowledges is forgotten after 64 T1 (timer H), and never repeated on a stream', () => {
    const s = server('INVITE', RELIABLE);
    s.respond(486);
    expect(s.pass(31_999)).toEqual([]);
    expect(s.transactions.size).toBe(1);
    s.pass(1);
    expect(s.transactions.size).toBe(0);
  });

  test('on a stream an ACK ends it at once', () => {
    const s = server('INVITE', RELIABLE);
    s.respond(486);
    s.ack();
    s.pass(0);
    expect(s.transactions.size).toBe(0);
  });

  test('after 2xx it takes further 2xx, passes ACKs on and lasts 64 T1 (RFC 6026)', () => {
    const s = server('INVITE', RELIABLE);
    s.respond(200);
    expect(s.repeat()).toEqual([]);
    expect(s.respond(200)).toEqual(['1 200']);
    expect(s.respond(486)).toEqual([]);
    expect(s.ack()).toBe(true);
    s.pass(31_999);
    expect(s.transactions.size).toBe(1);
    s.pass(1);
    expect(s.transactions.size).toBe(0);
  });

  test('nothing is said twice for one request', () => {
    const s = server('INVITE', RELIABLE);
    s.respond(404);
    expect(s.respond(200)).toEqual([]);
    expect(s.respond(180)).toEqual([]);
  });
});

describe('another request that came in (RFC 3261 §17.2.2)', () => {
  test('on a stream it ends with its answer: the same branch again is a new request (timer J is 0)', () => {
    const s = server('REGISTER', RELIABLE);
    s.respond(407);
    expect(s.transactions.size).toBe(0);
  });

  test('over datagrams its answer is repeated on demand for 64 T1', () => {
    const s = server('REGISTER', LOSSY);
    expect(s.repeat()).toEqual([]);
    s.respond(407);
    s.pass(31_999);
    expect(s.repeat()).toEqual(['1 407']);
    s.pass(1);
    expect(s.transactions.size).toBe(0);
  });

  test('one that is never answered is forgotten', () => {
    const s = server('MESSAGE', RELIABLE);
    s.pass(64_000);
    expect(s.transactions.size).toBe(0);
  });
});

describe('an INVITE of ours (RFC 3261 §17.1.1)', () => {
  test('over datagrams it is repeated after T1, doubling (timer A), and given up after 64 T1 (timer B)', () => {
    const c = client('INVITE', LOSSY);
    expect(c.pass(32_000)).toEqual(times('1 INVITE', [500, 1500, 3500, 7500, 15_500, 31_500]));
    expect(c.told).toEqual(['timeout']);
    expect(c.transactions.size).toBe(0);
  });

  test('on a stream it is sent once', () => {
    const c = client('INVITE', RELIABLE);
    expect(c.pass(31_999)).toEqual([]);
    expect(c.told).toEqual([]);
    c.pass(1);
    expect(c.told).toEqual(['timeout']);
  });

  test('after a provisional answer it waits as long as its user does', () => {
    const c = client('INVITE', LOSSY);
    c.hear(180);
    expect(c.pass(3_600_000)).toEqual([]);
    expect(c.told).toEqual(['180']);
  });

  test('a refusal is acknowledged by us, each time it comes, for 32 s over datagrams (timer D)', () => {
    const c = client('INVITE', LOSSY);
    expect(c.hear(486)).toEqual(['1 ACK']);
    c.pass(31_999);
    expect(c.hear(486)).toEqual(['1 ACK']);
    expect(c.told).toEqual(['486']);
    c.pass(1);
    expect(c.transactions.size).toBe(0);
  });

  test('the ACK has the branch and route of its INVITE and the To of the answer', () => {
    const c = client('INVITE', RELIABLE, { Route: '<sip:next.test;lr>' });
    const response = sipResponse(c.request, 486);
    const [ack] = asked(c.onResponse(response));
    expect(ack!.vias).toEqual(c.request.vias);
    expect(ack!.headers.first('route')).toBe('<sip:next.test;lr>');
    expect(ack!.to.params.get('tag')).toBe('b');
    expect(ack!.cseq).toEqual({ number: 1, method: 'ACK' });
  });

  test('every 2xx is passed on, for 64 T1, and none acknowledged (RFC 6026)', () => {
    const c = client('INVITE', RELIABLE);
    expect([...c.hear(200), ...c.hear(200), ...c.hear(486)]).toEqual([]);
    expect(c.told).toEqual(['200', '200']);
    c.pass(32_000);
    expect(c.transactions.size).toBe(0);
    expect(c.told).toEqual(['200', '200']);
  });

  test('its flow closing is told once, and not after the answer', () => {
    const c = client('INVITE', RELIABLE);
    c.loseFlow();
    expect(c.told).toEqual(['unreachable']);
    const answered = client('INVITE', RELIABLE);
    answered.hear(200);
    answered.loseFlow();
    expect(answered.told).toEqual(['200']);
  });
});

describe('another request of ours (RFC 3261 §17.1.2)', () => {
  test('over datagrams it is repeated after T1, 2 T1, 4 T1, then every T2 (timer E), and given up after 64 T1 (timer F)', () => {
    const c = client('OPTIONS', LOSSY);
    expect(c.pass(32_000)).toEqual(
      times('1 OPTIONS', [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]),
    );
    expect(c.told).toEqual(['timeout']);
  });

  test('a provisional answer slows it to T2, and does not let it live longer', () => {
    const c = client('OPTIONS', LOSSY);
    c.hear(100);
    expect(c.pass(10_000)).toEqual(times('1 OPTIONS', [500, 4500, 8500]));
    c.pass(22_000);
    expect(c.told).toEqual(['100', 'timeout']);
  });

  test('an answer ends it, on a stream at once, over datagrams after T4 (timer K)', () => {
    const reliable = client('OPTIONS', RELIABLE);
    reliable.hear(200);
    expect(reliable.transactions.size).toBe(0);
    const lossy = client('OPTIONS', LOSSY);
    lossy.hear(200);
    expect(lossy.hear(200)).toEqual([]);
    lossy.pass(4_999);
    expect(lossy.transactions.size).toBe(1);
    lossy.pass(1);
    expect(lossy.transactions.size).toBe(0);
    expect(lossy.told).toEqual(['200']);
  });
});

describe('what belongs together (RFC 3261 §17.2.3)', () => {
  test.each([
    ['the same branch', {}, true],
    ['another branch', { Via: 'SIP/2.0/TLS client.invalid;branch=z9hG4bKother' }, false],
    ['another sender of the same branch', { Via: 'SIP/2.0/TLS other.invalid;branch=z9hG4bKfirst' }, false],
  ] as const)('%s', (_, headers, isSame) => {
    const s = server('INVITE', RELIABLE);
    const again = sipRequest('INVITE', { headers });
    expect(s.transactions.serverOf(again, s.flow.id) === s.transaction).toBe(isSame);
    expect(s.transactions.serverOf(again, 99 as FlowId)).toBeUndefined();
  });

  test('an ACK and a CANCEL find the INVITE', () => {
    const s = server('INVITE', RELIABLE);
    expect(s.transactions.serverOf(sipRequest('ACK'), s.flow.id)).toBe(s.transaction);
    expect(s.transactions.serverOf(sipRequest('CANCEL'), s.flow.id)).toBeUndefined();
    expect(s.transactions.serverOf(sipRequest('CANCEL'), s.flow.id, 'INVITE')).toBe(s.transaction);
  });

  test.each([
    'SIP/2.0/tls 192.0.2.10:50123',
    'SIP/2.0/tls 192.0.2.10:50123;branch=z9hG4bK',
    'SIP/2.0/tls 192.0.2.10:50123;branch=old',
  ])('without a branch of its own (%s) a request is known by what stays the same, and its ACK too', Via => {
    const s = server('INVITE', RELIABLE, { Via });
    const tagged = { Via, To: '<sip:bob@example.test>;tag=b' };
    expect(s.transactions.serverOf(sipRequest('ACK', { headers: tagged }), s.flow.id)).toBe(s.transaction);
    const later = { ...tagged, CSeq: '2 INVITE' };
    expect(s.transactions.serverOf(sipRequest('INVITE', { headers: later }), s.flow.id)).toBeUndefined();
  });

  test('a response comes by the flow of its request or belongs to none', () => {
    const c = client('INVITE', RELIABLE);
    const response = sipResponse(c.request, 200);
    expect(c.transactions.clientOf(response, c.flow.id)).toBe(c.transaction);
    expect(c.transactions.clientOf(response, 99 as FlowId)).toBeUndefined();
    expect(c.transactions.clientOf({ ...response, cseq: { number: 1, method: 'BYE' } }, c.flow.id)).toBeUndefined();
  });

  test('a flow that closes takes along what came by it', () => {
    const s = server('INVITE', RELIABLE);
    expect(s.transactions.onFlowGone(s.flow.id, 0, [])).toEqual([s.transaction]);
    expect(s.transactions.size).toBe(0);
  });
});

test('no timer is left behind by any of it', () => {
  for (const transport of [RELIABLE, LOSSY] as const) {
    const s = server('INVITE', transport);
    s.respond(404);
    s.pass(40_000);
    expect(s.deadlines.size).toBe(0);
  }
});

class Time {
  now: Millis = 0;
  readonly deadlines = new Deadlines();
  readonly transactions = new Transactions(this.deadlines, 100);

  /** What is said until then, with when. */
  pass(millis: Millis): string[] {
    const from = this.now;
    const until = from + millis;
    const said: string[] = [];
    while (this.deadlines.next() <= until) {
      this.now = this.deadlines.next();
      const effects: SipEffect[] = [];
      this.deadlines.take(this.now)!.onDue(this.now, effects);
      said.push(...saidIn(effects).map(one => `${one} at ${this.now}`));
    }
    this.now = until;
    return said;
  }
}

function server(method: string, transport: SipTransport, headers: Headers = {}) {
  const time = new Time();
  const flow = sipFlow(1, { transport });
  const request = sipRequest(method, { headers });
  const transaction = time.transactions.openServer(request, flow, 0);
  return Object.assign(time, {
    flow,
    transaction,
    respond(status: number) {
      const effects: SipEffect[] = [];
      transaction.respond(respond(request, status, 'ours'), time.now, effects);
      return saidIn(effects);
    },
    repeat() {
      const effects: SipEffect[] = [];
      transaction.onRepeated(effects);
      return saidIn(effects);
    },
    ack: () => (transaction instanceof InviteServerTransaction ? transaction.onAck(time.now) : undefined),
  });
}

function client(method: string, transport: SipTransport, headers: Headers = {}) {
  const time = new Time();
  const told: string[] = [];
  const flow = sipFlow(1, { transport });
  const request = sipRequest(method, { headers });
  const user = {
    onResponse: (response: SipResponse) => told.push(String(response.status)),
    onTimeout: () => told.push('timeout'),
    onUnreachable: () => told.push('unreachable'),
  };
  const transaction = time.transactions.send(request, flow, user, 0, []);
  const onResponse = (response: SipResponse) => {
    const effects: SipEffect[] = [];
    transaction.onResponse(response, time.now, effects);
    return effects;
  };
  return Object.assign(time, {
    flow,
    request,
    told,
    transaction,
    onResponse,
    hear: (status: number) => saidIn(onResponse(sipResponse(request, status))),
    loseFlow: () => time.transactions.onFlowGone(flow.id, time.now, []),
  });
}

function times(what: string, at: readonly number[]): string[] {
  return at.map(when => `${what} at ${when}`);
}
