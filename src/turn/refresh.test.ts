import { expect, test } from 'vitest';
import { PEER, peer, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { ATTRIBUTES } from '../wire/index.ts';

const A = ATTRIBUTES;
const SIX = peer('2001:db8:9::9', 4000);

function allocated(dual = false): TestClient {
  const client = new TestClient(new TurnBench(), 1);
  client.allocated(w => {
    if (dual) w.family(A.AdditionalAddressFamily, 6);
  });
  return client;
}

test('an unrefreshed allocation ends when its lifetime is over', () => {
  const client = allocated();
  expect(said(client.bench.pass(599_999))).toEqual([]);
  expect(said(client.bench.pass(1))).toEqual(['close-relay 0', 'ended expired']);
  expect(said(client.refresh())).toEqual(['refused allocation-mismatch', 'error 437']);
});

test('a refreshed one lives on from the refresh', () => {
  const client = allocated();
  client.bench.pass(500_000);
  expect(said(client.refresh())).toEqual(['success 600']);
  expect(said(client.bench.pass(599_999))).toEqual([]);
  expect(said(client.bench.pass(1))).toEqual(['close-relay 0', 'ended expired']);
});

test('a refresh may shorten a life', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.allocated(w => w.uint32(A.Lifetime, 3600));
  expect(said(client.refresh(700))).toEqual(['success 700']);
  expect(said(client.bench.pass(700_000))).toEqual(['close-relay 0', 'ended expired']);
});

test('zero ends it: the success leaves first, then everything goes', () => {
  const client = allocated();
  client.permit(PEER);
  client.bind(0x4000, PEER);
  const effects = client.refresh(0);
  expect(said(effects)).toEqual(['success 0', 'close-relay 0', 'ended refreshed-to-zero']);
  expect(effects.at(-1)).toMatchObject({
    allocation: { user: 'alice', transport: 'udp', clientId: 1, relays: [{ relay: 0 }], startedAt: client.bench.now },
  });
  expect(client.bench.reservedNow).toBe(0);
  expect(client.bench.server.nextDeadline()).toBe(Infinity);
  expect(said(client.refresh(0))).toEqual(['refused allocation-mismatch', 'error 437']);
});

test('no refresh carries an allocation past its credential', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.bench.rules.credentialEnds = client.bench.now + 1000_000;
  client.allocated();
  client.bench.pass(590_000);
  expect(said(client.refresh(3600))).toEqual(['success 410']);
  expect(said(client.bench.pass(410_000))).toEqual(['close-relay 0', 'ended credential-expired']);
});

test('a malformed LIFETIME or family is 400', () => {
  const client = allocated();
  expect(said(client.refresh(undefined, w => w.raw(A.Lifetime, [0])))).toEqual(['refused bad-request', 'error 400']);
  const family = client.refresh(undefined, w => w.raw(A.RequestedAddressFamily, [1, 0]));
  expect(said(family)).toEqual(['refused bad-request', 'error 400']);
});

test('a family the allocation does not have is 443', () => {
  const client = allocated();
  for (const value of [2, 9]) {
    const effects = client.refresh(undefined, w => w.raw(A.RequestedAddressFamily, [value, 0, 0, 0]));
    expect(said(effects)).toEqual(['refused peer-family-mismatch', 'error 443']);
  }
});

test('one half of a dual allocation can be ended, and the other keeps what it has', () => {
  const client = allocated(true);
  client.permit(PEER, SIX);
  expect(said(client.refresh(0, w => w.family(A.RequestedAddressFamily, 6)))).toEqual(['success 0', 'close-relay 1']);
  expect(said(client.permit(SIX))).toEqual(['refused peer-family-mismatch', 'error 443']);
  expect(said(client.permit(PEER))).toEqual(['success']);
  expect(said(client.refresh(0, w => w.family(A.RequestedAddressFamily, 6)))).toEqual([
    'refused peer-family-mismatch',
    'error 443',
  ]);
  expect(client.bench.reservedNow).toBe(1);
  expect(said(client.refresh(0))).toEqual(['success 0', 'close-relay 0', 'ended refreshed-to-zero']);
});

test('one half of a dual allocation can be refreshed while the other lapses', () => {
  const client = allocated(true);
  client.bench.pass(300_000);
  expect(said(client.refresh(600, w => w.family(A.RequestedAddressFamily, 4)))).toEqual(['success 600']);
  expect(said(client.bench.pass(300_000))).toEqual(['close-relay 1']);
  const over = client.bench.pass(300_000);
  expect(said(over)).toEqual(['close-relay 0', 'ended expired']);
  expect(over.at(-1)).toMatchObject({ allocation: { relays: [{ relay: 0 }, { relay: 1 }] } });
});

test('ids of closed relays are not given away while their allocation lives', () => {
  const client = allocated(true);
  client.refresh(0, w => w.family(A.RequestedAddressFamily, 4));
  const other = new TestClient(client.bench, 2);
  expect(other.allocate()).toMatchObject([{ do: 'open-relay', relay: 2 }]);
  client.refresh(0);
  expect([0, 1]).toContain((new TestClient(client.bench, 3).allocate()[0] as { relay: number }).relay);
});

test('a username that changes inside a session is 441', () => {
  const client = allocated();
  client.user = 'bob';
  expect(said(client.refresh(0))).toEqual(['refused wrong-credentials', 'error 441']);
  expect(said(client.permit(PEER))).toEqual(['refused wrong-credentials', 'error 441']);
  expect(said(client.bind(0x4000, PEER))).toEqual(['refused wrong-credentials', 'error 441']);
});

test('the same person with a credential minted anew is another username: 441', () => {
  const bench = new TurnBench();
  bench.rules.users = { '1700003600:alice': 'a', '1700007200:alice': 'b' };
  const client = new TestClient(bench, 1);
  client.user = '1700003600:alice';
  client.allocated();
  client.user = '1700007200:alice';
  expect(said(client.refresh())).toEqual(['refused wrong-credentials', 'error 441']);
});
