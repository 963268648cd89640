import { expect, test } from 'vitest';
import { PEER, peer, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { ATTRIBUTES, familyOf, METHODS } from '../wire/index.ts';

function allocated(settings: ConstructorParameters<typeof TurnBench>[0] = {}): TestClient {
  const client = new TestClient(new TurnBench(settings), 1);
  client.allocated();
  return client;
}
const P = (n: number) => peer(`203.0.113.${n}`, 1000 + n);

test('a permission is installed once, refreshed silently, and lapses 300 s after the last refresh', () => {
  const client = allocated();
  client.refresh(3600);
  expect(said(client.permit(PEER))).toEqual(['permit 0 203.0.113.9', 'success']);
  client.bench.pass(200_000);
  expect(said(client.permit(PEER))).toEqual(['success']);
  expect(said(client.bench.pass(299_999))).toEqual([]);
  expect(said(client.bench.pass(1))).toEqual(['forbid 0 203.0.113.9']);
  expect(said(client.permit(PEER))).toEqual(['permit 0 203.0.113.9', 'success']);
});

test('ports play no part: two ports of one address are one permission', () => {
  const client = allocated();
  expect(said(client.permit(peer('203.0.113.9', 1), peer('203.0.113.9', 2)))).toEqual([
    'permit 0 203.0.113.9',
    'success',
  ]);
});

test('policy is asked about the address alone', () => {
  const client = allocated();
  const asked: number[] = [];
  client.bench.rules.denied = ({ port }) => asked.push(port) < 0;
  client.permit(PEER);
  expect(asked).toEqual([0]);
});

test('all or none: one peer denied, and no permission is installed', () => {
  const client = allocated();
  client.bench.rules.denied = ({ w3 }) => (w3 & 255) === 2;
  const effects = client.permit(P(1), P(2), P(3));
  expect(said(effects)).toEqual(['refused peer-denied by test rule', 'error 403']);
  expect(effects[0]).toMatchObject({ peer: { w3: P(2).w3 } });
  expect(client.bench.server.counts().permissions).toBe(0);
});

test('a peer of another family is 443', () => {
  expect(said(allocated().permit(PEER, peer('2001:db8::9', 1)))).toEqual(['refused peer-family-mismatch', 'error 443']);
});

test('an IPv4 address in IPv6 clothes is an IPv4 address: judged and permitted as one', () => {
  const mapped = peer('::ffff:203.0.113.9', 4000);
  expect(familyOf(mapped)).toBe(4);
  expect(said(allocated().permit(mapped))).toEqual(['permit 0 203.0.113.9', 'success']);
});

test('no peer, or a malformed one, is 400 and installs nothing', () => {
  const client = allocated();
  expect(said(client.permit())).toEqual(['refused bad-request', 'error 400']);
  const malformed = client.request(METHODS.CreatePermission, w =>
    w.xorAddress(ATTRIBUTES.XorPeerAddress, PEER).raw(ATTRIBUTES.XorPeerAddress, [0, 1, 2]),
  );
  expect(said(malformed)).toEqual(['refused bad-request', 'error 400']);
  expect(client.bench.server.counts().permissions).toBe(0);
});

test('beyond the permissions an allocation may have it is 508; known ones can still be refreshed', () => {
  const client = allocated({ permissionsPerAllocation: 2 });
  expect(said(client.permit(P(1), P(2), P(3)))).toEqual(['refused permission-limit', 'error 508']);
  expect(said(client.permit(P(1), P(2), P(1)))).toEqual(['permit 0 203.0.113.1', 'permit 0 203.0.113.2', 'success']);
  expect(said(client.permit(P(2), P(1)))).toEqual(['success']);
  expect(said(client.permit(P(2), P(3)))).toEqual(['refused permission-limit', 'error 508']);
});

test('a flood of permissions stays within the limit', () => {
  const client = allocated({ permissionsPerAllocation: 10 });
  for (let i = 0; i < 250; i++) client.permit(P(i));
  expect(client.bench.server.counts().permissions).toBe(10);
});

test('each relay of a dual allocation has its own permissions', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.allocated(w => w.family(ATTRIBUTES.AdditionalAddressFamily, 6));
  expect(said(client.permit(PEER, peer('2001:db8::9', 1)))).toEqual([
    'permit 0 203.0.113.9',
    'permit 1 2001:db8::9',
    'success',
  ]);
});

test('without an allocation it is 437', () => {
  const client = new TestClient(new TurnBench(), 1);
  expect(said(client.permit(PEER))).toEqual(['refused allocation-mismatch', 'error 437']);
});
