import { expect, test } from 'vitest';
import { address, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  formatAddress,
  METHODS,
  MessageWriter,
  readPlainAddress,
} from '../wire/index.ts';
import type { Effect } from './effects.ts';

const A = ATTRIBUTES;
const CHANGE_BOTH = 6;

// The client reaches 10.0.0.1:3478, and a NAT calls both of our addresses 192.0.2.99.
const ALTERNATE = address('10.0.0.2', 3479);

interface Scene {
  readonly transport?: 'udp' | 'tcp';
  readonly isAlone?: boolean;
  readonly factor?: number;
}

function scene({ transport = 'udp', isAlone = false, factor = 2 }: Scene) {
  const bench = new TurnBench();
  Object.assign(bench.rules, { alternate: isAlone ? undefined : ALTERNATE, factor });
  return { bench, client: new TestClient(bench, 1, { transport }) };
}

function ask(write: (w: MessageWriter) => void, how: Scene = {}): readonly Effect[] {
  const { client } = scene(how);
  return client.send(client.message(METHODS.Binding, CLASSES.request, write));
}

test.each([
  ['nothing', 0, '10.0.0.1:3478'],
  ['another port', 2, '10.0.0.1:3479'],
  ['another address', 4, '10.0.0.2:3478'],
  ['both', CHANGE_BOTH, '10.0.0.2:3479'],
])(
  'who asks for %s to be changed is answered from there, and told the address as it is known outside',
  (_, flags, from) => {
    const effects = ask(w => w.uint32(A.ChangeRequest, flags));
    const via = viaOf(effects);
    expect([formatAddress(via.from), via.port]).toEqual([from, 5001]);
    const reply = readReply(effects);
    expect(reply.addresses(A.XorMappedAddress)).toEqual(['198.51.100.7:5001']);
    expect(plain(effects, A.ResponseOrigin)).toBe(`192.0.2.99:${via.from.port}`);
    expect(plain(effects, A.OtherAddress)).toBe('192.0.2.99:3479');
    expect(reply.bytes).toHaveLength(56); // exactly twice the request
  },
);

test('a port for the answer is one of the same host', () => {
  const effects = ask(w => w.raw(A.ResponsePort, [0x1f, 0x90]));
  expect(viaOf(effects)).toMatchObject({ port: 8080 });
});

test('a bare request is answered as ever unless the budget has room for more', () => {
  const bare = ask(() => {});
  expect(readReply(bare).bytes).toHaveLength(32);
  expect(readReply(bare).has(A.OtherAddress)).toBe(false);
  expect(
    plain(
      ask(() => {}, { factor: 2.8 }),
      A.OtherAddress,
    ),
  ).toBe('192.0.2.99:3479');
});

test.each([100, 1500, 1996])('%d bytes of padding are answered with as much', length => {
  const reply = readReply(ask(w => w.raw(A.Padding, new Uint8Array(length))));
  expect(reply.value(A.Padding)).toHaveLength(length);
});

test('no more padding is sent than links need, and never more than the budget', () => {
  const { bench, client } = scene({});
  const long = new MessageWriter(new Uint8Array(9100), 0, METHODS.Binding, CLASSES.request, client.transactionId());
  const reply = readReply(bench.message(client.tuple, long.raw(A.Padding, new Uint8Array(9000)).message));
  expect(reply.value(A.Padding)).toHaveLength(2048);
  const poor = readReply(ask(w => w.raw(A.Padding, new Uint8Array(200)), { factor: 1 }));
  expect([poor.has(A.Padding), poor.has(A.OtherAddress)]).toEqual([false, false]);
});

test.each<[string, (w: MessageWriter) => void]>([
  ['padding and a port at once', w => w.raw(A.Padding, new Uint8Array(40)).raw(A.ResponsePort, [0x1f, 0x90])],
  ['a change that is cut short', w => w.raw(A.ChangeRequest, [0, 0])],
  ['a port that is none', w => w.raw(A.ResponsePort, [1])],
  ['port 0', w => w.raw(A.ResponsePort, [0, 0])],
])('%s is a bad request, answered to where it came from', (_, write) => {
  const effects = ask(write);
  expect(said(effects)).toEqual(['refused bad-request', 'error 400']);
  expect(effects.every(effect => effect.do !== 'reply' || effect.via === undefined)).toBe(true);
});

test('what is not understood is still named', () => {
  expect(said(ask(w => w.uint32(A.ChangeRequest, CHANGE_BOTH).flag(0x7777)))).toEqual([
    'refused unknown-attribute',
    'error 420',
  ]);
});

test.each([
  ['without another address', { isAlone: true }],
  ['over TCP', { transport: 'tcp' as const }],
])('%s nothing can be changed, and nobody is told that it could', (_, how) => {
  const refused = ['refused unknown-attribute', 'error 420'];
  expect(said(ask(w => w.uint32(A.ChangeRequest, 2), how))).toEqual(refused);
  expect(said(ask(w => w.raw(A.Padding, new Uint8Array(8)), how))).toEqual(refused);
  expect(readReply(ask(() => {}, { ...how, factor: 3 })).has(A.OtherAddress)).toBe(false);
});

test('a socket that is alone answers to another port of the same host all the same; a stream does not', () => {
  const port = (w: MessageWriter) => w.raw(A.ResponsePort, [0x1f, 0x90]);
  const effects = ask(port, { isAlone: true });
  const { from, port: to } = viaOf(effects);
  expect([formatAddress(from), to]).toEqual(['10.0.0.1:3478', 8080]);
  expect(plain(effects, A.ResponseOrigin)).toBe('192.0.2.99:3478');
  expect(readReply(effects).has(A.OtherAddress)).toBe(false);
  expect(said(ask(port, { isAlone: true, transport: 'tcp' }))).toEqual(['refused unknown-attribute', 'error 420']);
  for (const change of [2, 4]) {
    expect(said(ask(w => port(w).uint32(A.ChangeRequest, change), { isAlone: true }))[0]).toBe(
      'refused unknown-attribute',
    );
  }
});

function viaOf(effects: readonly Effect[]) {
  const reply = effects.find(effect => effect.do === 'reply');
  if (reply?.via === undefined) throw new Error('it is answered from where it was asked');
  return reply.via;
}

function plain(effects: readonly Effect[], type: number): string {
  const { view } = readReply(effects);
  const into = new AddressBuffer();
  if (!readPlainAddress(view, view.find(type), into)) throw new Error('there is no such address');
  return formatAddress(into);
}
