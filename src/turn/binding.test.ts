import { expect, test } from 'vitest';
import { said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import { ATTRIBUTES, CLASSES, METHODS } from '../wire/index.ts';

const SIX = { ip: '2001:db8::7' };

test('a client is told where its packets come from, and nothing else', () => {
  const client = new TestClient(new TurnBench(), 1);
  const reply = readReply(client.send(client.message(METHODS.Binding, CLASSES.request)));
  expect(reply.addresses(ATTRIBUTES.XorMappedAddress)).toEqual(['198.51.100.7:5001']);
  expect(reply.bytes).toHaveLength(32);
  expect(reply.view.count).toBe(1);
});

test('a bare request over IPv6 would need 44 bytes for 20: silence on UDP, an answer on TCP', () => {
  const udp = new TestClient(new TurnBench(), 1, SIX);
  expect(said(udp.send(udp.message(METHODS.Binding, CLASSES.request)))).toEqual(['refused answer-budget']);
  const tcp = new TestClient(new TurnBench(), 1, { ...SIX, transport: 'tcp' });
  expect(said(tcp.send(tcp.message(METHODS.Binding, CLASSES.request)))).toEqual(['success']);
});

test('a larger request over IPv6 is answered', () => {
  const client = new TestClient(new TurnBench(), 1, SIX);
  const bytes = client.message(METHODS.Binding, CLASSES.request, w => w.text(ATTRIBUTES.Software, 'a client'));
  expect(readReply(client.send(bytes)).addresses(ATTRIBUTES.XorMappedAddress)).toEqual(['[2001:db8::7]:5001']);
});

test('an attribute that must be understood and is not is named', () => {
  const client = new TestClient(new TurnBench(), 1);
  const bytes = client.message(METHODS.Binding, CLASSES.request, w =>
    w.uint32(ATTRIBUTES.ChangeRequest, 6).flag(0x7777),
  );
  const effects = client.send(bytes);
  expect(said(effects)).toEqual(['refused unknown-attribute', 'error 420']);
  expect(readReply(effects).value(ATTRIBUTES.UnknownAttributes)).toEqual(Uint8Array.of(0x00, 0x03, 0x77, 0x77));
});

test('a CHANGE-REQUEST that asks for no change is no reason to refuse, over TCP neither', () => {
  for (const transport of ['udp', 'tcp'] as const) {
    const client = new TestClient(new TurnBench(), 1, { transport });
    const ask = (flags: number) =>
      said(
        client.send(client.message(METHODS.Binding, CLASSES.request, w => w.uint32(ATTRIBUTES.ChangeRequest, flags))),
      );
    expect(ask(0)).toEqual(['success']);
    expect(ask(2)).toEqual(['refused unknown-attribute', 'error 420']);
  }
});

test('the answer to 48 unknown attributes is still no more than twice the request', () => {
  const client = new TestClient(new TurnBench(), 1);
  const bytes = client.message(METHODS.Binding, CLASSES.request, w => {
    for (let type = 0x7000; type < 0x7000 + 48; type++) w.flag(type);
  });
  expect(readReply(client.send(bytes)).bytes.length).toBeLessThanOrEqual(2 * bytes.length);
});

test('a Binding indication is a keep-alive: neither answered nor counted', () => {
  const client = new TestClient(new TurnBench(), 1);
  expect(client.send(client.message(METHODS.Binding, CLASSES.indication))).toEqual([]);
});
