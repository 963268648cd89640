import { expect, test } from 'vitest';
import { REALM, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import { ATTRIBUTES, CLASSES, METHODS, type MessageWriter } from '../wire/index.ts';

function bareAllocate(client: TestClient, write: (w: MessageWriter) => void = () => {}): Uint8Array {
  return client.message(METHODS.Allocate, CLASSES.request, w => {
    write(w.raw(ATTRIBUTES.RequestedTransport, [17, 0, 0, 0]));
  });
}

test('a bare Allocate of 28 bytes is challenged with exactly 56', () => {
  const client = new TestClient(new TurnBench(), 1);
  const bytes = bareAllocate(client);
  expect(bytes).toHaveLength(28);
  const effects = client.send(bytes);
  expect(said(effects)).toEqual(['refused unauthenticated', 'error 401']);
  const reply = readReply(effects);
  expect(reply.bytes).toHaveLength(56);
  expect(reply.text(ATTRIBUTES.Realm)).toBe(REALM);
  expect(reply.text(ATTRIBUTES.Nonce)).toHaveLength(8);
  expect(reply.reason).toBe('');
  expect(client.bench.asked).toEqual([28]);
});

test('FINGERPRINT is answered with FINGERPRINT and counts against the budget', () => {
  const client = new TestClient(new TurnBench(), 1);
  const reply = readReply(client.send(bareAllocate(client, w => w.fingerprint())));
  expect(reply.has(ATTRIBUTES.Fingerprint)).toBe(true);
  expect(reply.bytes).toHaveLength(64);
});

test('what fits only without FINGERPRINT is said in the compact form with it', () => {
  const client = new TestClient(new TurnBench(), 1);
  const bytes = bareAllocate(client, w => w.raw(ATTRIBUTES.Software, new Uint8Array(4)).fingerprint());
  expect(bytes).toHaveLength(44);
  const reply = readReply(client.send(bytes));
  expect(reply.text(ATTRIBUTES.Nonce)).toHaveLength(8);
  expect(reply.bytes).toHaveLength(64);
});

test('where there is room, all that is offered is offered: on streams always', () => {
  const stream = new TestClient(new TurnBench(), 1, { transport: 'tls' });
  const longer = new TestClient(new TurnBench(), 2);
  for (const [client, bytes] of [
    [stream, bareAllocate(stream)],
    [longer, bareAllocate(longer, w => w.raw(ATTRIBUTES.Software, new Uint8Array(16)))],
  ] as const) {
    const reply = readReply(client.send(bytes));
    expect(reply.text(ATTRIBUTES.Nonce)).toMatch(/^obMatJos2wAAA.{8}$/);
    expect(reply.value(ATTRIBUTES.PasswordAlgorithms)).toEqual(Uint8Array.of(0, 2, 0, 0, 0, 1, 0, 0));
  }
});

test.each([
  [{ passwordAlgorithms: true, anonymity: false }, /^obMatJos2gAAA/, true],
  [{ passwordAlgorithms: false, anonymity: true }, /^obMatJos2QAAA/, false],
  [{ passwordAlgorithms: false, anonymity: false }, /^.{8}$/, false],
])('the features %o are what the nonce says', (features, nonce, offers) => {
  const client = new TestClient(new TurnBench({ features }), 1, { transport: 'tcp' });
  const reply = readReply(client.send(bareAllocate(client)));
  expect(reply.text(ATTRIBUTES.Nonce)).toMatch(nonce);
  expect(reply.has(ATTRIBUTES.PasswordAlgorithms)).toBe(offers);
});

test('a longer realm than fits is silence, and no budget is silence', () => {
  const long = new TestClient(new TurnBench({ realm: 'a-much-longer-realm.example.test' }), 1);
  expect(said(long.send(bareAllocate(long)))).toEqual(['refused answer-budget']);
  const empty = new TestClient(new TurnBench(), 1);
  empty.bench.rules.factor = 0;
  expect(said(empty.send(bareAllocate(empty)))).toEqual(['refused answer-budget']);
});

test('no answer to a stranger is ever more than the budget, whatever the request', () => {
  for (const realm of ['x', 'example', REALM, 'turn.somewhere.example.test']) {
    for (const fingerprint of [false, true]) {
      for (let extra = 0; extra < 60; extra += 4) {
        const client = new TestClient(new TurnBench({ realm }), 1);
        const bytes = bareAllocate(client, w => {
          if (extra > 0) w.raw(ATTRIBUTES.Software, new Uint8Array(extra));
          if (fingerprint) w.fingerprint();
        });
        for (const effect of client.send(bytes)) {
          if (effect.do === 'reply') expect(effect.bytes.length).toBeLessThanOrEqual(2 * bytes.length);
        }
      }
    }
  }
});

test('SOFTWARE is never sent, nor is anything after the nonce to a bare request', () => {
  const client = new TestClient(new TurnBench(), 1);
  const { view } = readReply(client.send(bareAllocate(client)));
  expect(Array.from({ length: view.count }, (_, i) => view.typeAt(i))).toEqual([
    ATTRIBUTES.ErrorCode,
    ATTRIBUTES.Realm,
    ATTRIBUTES.Nonce,
  ]);
});
