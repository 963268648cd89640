import { describe, expect, test } from 'vitest';
import { type Headers, sipFlow, sipRequest } from '../../../test/testkit/sip-messages.ts';
import { isSipUri, readUri, type SipUri } from '../../wire/index.ts';
import { Deadlines } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import type { Flow, FlowId } from '../flows.ts';
import { targetsOf } from './location.ts';
import { type Registered, Registrar, type RegistrarSettings } from './registrar.ts';

const ALICE = 'sip:alice@example.test';
const INSTANCE = '"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"';

describe('bindings (RFC 3261 §10.3)', () => {
  test('are made, listed, refreshed and removed', () => {
    const one = scene();
    expect(one.register({ Contact: '<sip:a@192.0.2.1>' })).toMatchObject({
      status: 200,
      headers: [
        ['Contact', '<sip:a@192.0.2.1>;expires=3600'],
        ['Expires', '3600'],
      ],
    });
    one.pass(1000);
    expect(one.register({ Contact: 'sip:b@192.0.2.2;expires=120' })).toMatchObject({
      headers: [
        ['Contact', '<sip:a@192.0.2.1>;expires=3599'],
        ['Contact', '<sip:b@192.0.2.2>;expires=120'],
        ['Expires', '120'],
      ],
    });
    expect(one.register({ Contact: '<sip:a@192.0.2.1>', Expires: '0' })).toMatchObject({
      headers: [
        ['Contact', '<sip:b@192.0.2.2>;expires=120'],
        ['Expires', '0'],
      ],
    });
    expect(one.register({})).toMatchObject({
      headers: [
        ['Contact', expect.stringContaining('sip:b@')],
        ['Expires', '0'],
      ],
    });
    expect(one.effects.map(effect => effect.do)).toEqual(['registered', 'registered', 'registered']);
  });

  test('end by themselves', () => {
    const one = scene();
    one.register({ Contact: '<sip:a@192.0.2.1>;expires=60' });
    one.register({ Contact: '<sip:b@192.0.2.2>;expires=90' });
    one.pass(59_999);
    expect(one.contacts()).toHaveLength(2);
    one.pass(1);
    expect(one.contacts()).toEqual(['192.0.2.2']);
    one.pass(30_000);
    expect(one.registrar.bindings).toMatchObject({ size: 0, records: 0 });
    expect(one.deadlines.size).toBe(0);
    expect(one.effects.filter(effect => effect.do === 'unregistered')).toHaveLength(2);
  });

  test('a star removes all, with Expires: 0 only', () => {
    const one = scene();
    one.register({ Contact: ['<sip:a@192.0.2.1>', '<sip:b@192.0.2.2>'] });
    expect(one.register({ Contact: '*' })).toEqual({ refused: 'bad-contact' });
    expect(one.register({ Contact: '*', Expires: '1' })).toEqual({ refused: 'bad-contact' });
    expect(one.contacts()).toHaveLength(2);
    expect(one.register({ Contact: '*', Expires: '0' })).toMatchObject({ status: 200 });
    expect(one.contacts()).toEqual([]);
  });

  test('an older number of the same Call-ID changes nothing, a newer Call-ID may start anew', () => {
    const one = scene();
    one.register({ Contact: '<sip:a@192.0.2.1>', CSeq: '5 REGISTER' });
    for (const CSeq of ['5 REGISTER', '4 REGISTER']) {
      expect(one.register({ Contact: '<sip:a@192.0.2.1>;expires=0', CSeq })).toEqual({ refused: 'out-of-order' });
      expect(one.register({ Contact: '*', Expires: '0', CSeq })).toEqual({ refused: 'out-of-order' });
    }
    expect(one.contacts()).toHaveLength(1);
    expect(
      one.register({ Contact: '<sip:a@192.0.2.1>;expires=0', CSeq: '1 REGISTER', 'Call-ID': 'new' }),
    ).toMatchObject({ status: 200 });
    expect(one.contacts()).toEqual([]);
  });

  test('a refused contact refuses them all', () => {
    const one = scene();
    expect(one.register({ Contact: ['<sip:a@192.0.2.1>', '<tel:+1>'] })).toEqual({ refused: 'bad-contact' });
    expect(one.register({ Contact: ['<sip:a@192.0.2.1>', '<sip:b@192.0.2.2>;expires=5'] })).toMatchObject({
      refused: 'interval-too-brief',
    });
    expect(one.contacts()).toEqual([]);
  });

  test('one that stands twice in a REGISTER is one', () => {
    const one = scene();
    one.register({ Contact: ['<sip:a@192.0.2.1>', '<sip:a@192.0.2.1>;expires=90'] });
    expect(one.contacts()).toHaveLength(1);
  });

  test('headers in a contact are not kept, and unknown parameters are (RFC 4475 §3.3.12 to 14)', () => {
    const one = scene();
    one.register({ Contact: ['<sip:a@192.0.2.1?Route=%3Csip:evil.test%3E>', '<sip:b@192.0.2.2;unknownparam>'] });
    const listed = one.register({}) as SaidContacts;
    expect(listed.headers.map(([, value]) => value)).toEqual([
      '<sip:a@192.0.2.1>;expires=3600',
      '<sip:b@192.0.2.2;unknownparam>;expires=3600',
      '0',
    ]);
  });
});

describe('how long', () => {
  test.each([
    ['without a word: the default', {}, '', 3600],
    ['the header', { Expires: '300' }, '', 300],
    ['the contact before the header', { Expires: '300' }, ';expires=200', 200],
    ['no longer than the most', { Expires: '90000' }, '', 7200],
    ['a number beyond 32 bits is the most', { Expires: '9'.repeat(30) }, '', 7200],
    ['nonsense is the default', { Expires: 'soon' }, '', 3600],
  ])('%s', (_, headers, param, expected) => {
    const said = scene().register({ ...headers, Contact: `<sip:a@192.0.2.1>${param}` });
    expect(said).toMatchObject({
      headers: [
        ['Contact', `<sip:a@192.0.2.1>;expires=${expected}`],
        ['Expires', String(expected)],
      ],
    });
  });

  test('less than the least is told what the least is', () => {
    expect(scene().register({ Contact: '<sip:a@192.0.2.1>', Expires: '59' })).toEqual({
      refused: 'interval-too-brief',
      headers: [['Min-Expires', '60']],
    });
  });
});

describe('outbound (RFC 5626)', () => {
  const contact = (regId: number, host: string) =>
    `<sip:a@${host};transport=ws>;reg-id=${regId};+sip.instance=${INSTANCE}`;
  const Supported = 'path, outbound';

  test('one binding for each flow of a device, whatever its contact says', () => {
    const one = scene();
    expect(one.register({ Contact: contact(1, 'one.invalid'), Supported }, 1)).toMatchObject({
      headers: expect.arrayContaining([
        ['Require', 'outbound'],
        ['Flow-Timer', '120'],
      ]),
    });
    one.register({ Contact: contact(2, 'two.invalid'), Supported }, 2);
    one.register({ Contact: contact(1, 'other.invalid'), Supported }, 3);
    expect(one.contacts().toSorted()).toEqual(['other.invalid', 'two.invalid']);
  });

  test('a device is called by its newest flow, and by an older one when that is gone', () => {
    const one = scene();
    one.register({ Contact: contact(1, 'one.invalid'), Supported }, 1);
    one.pass(1000);
    one.register({ Contact: contact(2, 'two.invalid'), Supported }, 2);
    expect(one.targets().map(({ flow }) => flow)).toEqual([2]);
    one.closed(2);
    expect(one.targets().map(({ flow }) => flow)).toEqual([1]);
  });

  test('without Supported: outbound a reg-id says nothing', () => {
    const one = scene();
    const { headers } = one.register({ Contact: contact(1, 'one.invalid') }) as SaidContacts;
    expect(headers.map(([name]) => name)).not.toContain('Require');
    one.register({ Contact: contact(1, 'two.invalid') });
    expect(one.contacts()).toHaveLength(2);
  });

  test('a flow that closes takes its bindings along', () => {
    const one = scene();
    one.register({ Contact: '<sip:a@192.0.2.1>' }, 1);
    one.register({ Contact: '<sip:b@192.0.2.2>' }, 2);
    one.closed(1);
    expect(one.contacts()).toEqual(['192.0.2.2']);
    expect(one.effects.at(-1)).toEqual({ do: 'unregistered', record: ALICE, flow: 1 });
  });
});

test('the Path of a proxy we trust is kept as a route and said again (RFC 3327); a client is not asked for the way to it', () => {
  const Path = '<sip:p2.test;lr>, <sip:p1.test;lr>';
  const trusted = scene();
  const said = trusted.register(
    { Contact: '<sip:a@192.0.2.1>', Path, Supported: 'path' },
    sipFlow(1, { isTrusted: true }),
  );
  expect((said as SaidContacts).headers.slice(2)).toEqual([
    ['Path', '<sip:p2.test;lr>'],
    ['Path', '<sip:p1.test;lr>'],
  ]);
  expect(trusted.targets()[0]!.path).toEqual(['<sip:p2.test;lr>', '<sip:p1.test;lr>']);
  const client = scene();
  client.register({ Contact: '<sip:a@192.0.2.1>', Path, Supported: 'path' });
  expect(client.targets()[0]!.path).toEqual([]);
});

describe('who is called', () => {
  test('the contacts by their q', () => {
    const one = scene();
    one.register({ Contact: ['<sip:a@192.0.2.1>;q=0.2', '<sip:b@192.0.2.2>;q=0.75', '<sip:c@192.0.2.3>'] });
    expect(one.targets().map(({ contact }) => contact.uri.host)).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1']);
  });

  test('one device by its GRUU, which pidgin-sipe is given when it asks', () => {
    const one = scene();
    one.register({ Contact: '<sip:192.0.2.9>' });
    const said = one.register({
      Contact: `<sip:192.0.2.1>;+sip.instance=${INSTANCE}`,
      Supported: 'gruu-10, adhoclist',
    });
    const gruu = /gruu="([^"]+)"/.exec(JSON.stringify(said).replaceAll('\\"', '"'))![1]!;
    expect(gruu).toMatch(/^sip:alice@example\.test;opaque=user:epid:[\w-]{22};gruu$/);
    expect(one.targets(gruu).map(({ contact }) => contact.uri.host)).toEqual(['192.0.2.1']);
    expect(one.targets(`${ALICE};gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128`)).toHaveLength(1);
    expect(one.targets(`${ALICE};opaque=user:epid:other;gruu`)).toEqual([]);
    expect(one.targets()).toHaveLength(2);
  });
});

describe('limits', () => {
  test('of one user', () => {
    const one = scene({ bindingsPerUser: 2 });
    one.register({ Contact: ['<sip:a@192.0.2.1>', '<sip:b@192.0.2.2>'] });
    expect(one.register({ Contact: '<sip:c@192.0.2.3>' })).toEqual({ refused: 'too-many-bindings' });
    expect(one.register({ Contact: ['<sip:a@192.0.2.1>;expires=0', '<sip:c@192.0.2.3>'] })).toMatchObject({
      status: 200,
    });
    expect(one.register({ Contact: '<sip:c@192.0.2.3>' })).toMatchObject({ status: 200 });
  });

  test('of contacts in one REGISTER, also of those that go', () => {
    const contacts = (count: number) => Array.from({ length: count }, (_, i) => `<sip:c${i}@192.0.2.3>;expires=0`);
    expect(scene({ bindingsPerUser: 2 }).register({ Contact: contacts(5) })).toEqual({ refused: 'too-many-bindings' });
    expect(scene({ bindingsPerUser: 2 }).register({ Contact: contacts(4) })).toMatchObject({ status: 200 });
  });

  test('of all together; what goes is always let go', () => {
    const one = scene({ bindings: 2 });
    one.register({ Contact: '<sip:a@192.0.2.1>' });
    one.register({ Contact: '<sip:b@192.0.2.2>' }, 1, 'sip:bob@example.test');
    expect(one.register({ Contact: '<sip:c@192.0.2.3>' }, 1, 'sip:carol@example.test')).toEqual({
      refused: 'registrar-full',
    });
    expect(one.register({ Contact: '*', Expires: '0' })).toMatchObject({ status: 200 });
    expect(one.register({ Contact: '<sip:c@192.0.2.3>' }, 1, 'sip:carol@example.test')).toMatchObject({ status: 200 });
  });
});

type SaidContacts = Extract<Registered, { status: 200 }>;

function scene(settings: Partial<RegistrarSettings> = {}) {
  const deadlines = new Deadlines();
  const registrar = new Registrar(
    {
      expiresSeconds: { default: 3600, least: 60, most: 7200 },
      bindingsPerUser: 10,
      bindings: 1000,
      flowTimerSeconds: 120,
      ...settings,
    },
    deadlines,
  );
  const effects: SipEffect[] = [];
  let now = 0;
  let number = 100;
  return {
    registrar,
    deadlines,
    effects,
    register(headers: Headers, flow: number | Flow = 1, record = ALICE) {
      const request = sipRequest('REGISTER', {
        uri: 'sip:example.test',
        headers: { CSeq: `${++number} REGISTER`, ...headers },
      });
      return registrar.onRegister(request, record, typeof flow === 'number' ? sipFlow(flow) : flow, now, effects);
    },
    pass(millis: number) {
      now += millis;
      for (let timer = deadlines.take(now); timer !== undefined; timer = deadlines.take(now)) timer.onDue(now, effects);
    },
    closed: (flow: number) => registrar.bindings.onFlowClosed(flow as FlowId, effects),
    contacts: () => registrar.bindings.of(ALICE, now).map(({ contact }) => contact.uri.host),
    targets: (uri = ALICE) => targetsOf(registrar.bindings, ALICE, sip(uri), now),
  };
}

function sip(text: string): SipUri {
  const uri = readUri(text);
  if (uri === undefined || !isSipUri(uri)) throw new Error(text);
  return uri;
}
