import { expect, test } from 'vitest';
import { PEER, peer, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { ATTRIBUTES, METHODS } from '../wire/index.ts';

function allocated(settings: ConstructorParameters<typeof TurnBench>[0] = {}): TestClient {
  const client = new TestClient(new TurnBench(settings), 1);
  client.allocated();
  client.refresh(3600);
  return client;
}
const BAD = ['refused bad-request', 'error 400'];
const SIX = peer('2001:db8::9', 4000);

test('a channel is bound with its permission', () => {
  const effects = allocated().bind(0x4000, PEER);
  expect(said(effects)).toEqual(['permit 0 203.0.113.9', 'install-channel 0 4000 203.0.113.9:4000', 'success']);
});

test('binding again refreshes both and changes nothing', () => {
  const client = allocated();
  client.bind(0x4000, PEER);
  client.bench.pass(250_000);
  expect(said(client.bind(0x4000, PEER))).toEqual(['success']);
  expect(said(client.bench.pass(299_999))).toEqual([]);
  expect(said(client.bench.pass(1))).toEqual(['forbid 0 203.0.113.9']);
  expect(said(client.bench.pass(299_999))).toEqual([]);
  expect(said(client.bench.pass(1))).toEqual(['remove-channel 0 4000']);
});

test('a channel outlives its permission, and a CreatePermission wakes it again', () => {
  const client = allocated();
  client.bind(0x4000, PEER);
  expect(said(client.bench.pass(300_000))).toEqual(['forbid 0 203.0.113.9']);
  expect(said(client.permit(PEER))).toEqual(['permit 0 203.0.113.9', 'success']);
  expect(client.bench.server.counts()).toMatchObject({ channels: 1, permissions: 1 });
});

test.each([0x3fff, 0x8000, 0, 0xffff])('the number %i is no channel', number => {
  expect(said(allocated().bind(number, PEER))).toEqual(BAD);
});

// RFC 5766 numbers included (ADR 0010)
test.each([0x4000, 0x4fff, 0x5000, 0x7fff])('the number %i is one', number => {
  expect(said(allocated().bind(number, PEER)).at(-1)).toBe('success');
});

test('a channel has one peer, and a peer one channel', () => {
  const client = allocated();
  client.bind(0x4000, PEER);
  expect(said(client.bind(0x4000, peer('203.0.113.9', 4001)))).toEqual(BAD);
  expect(said(client.bind(0x4000, peer('203.0.113.10', 4000)))).toEqual(BAD);
  expect(said(client.bind(0x4001, PEER))).toEqual(BAD);
  expect(said(client.bind(0x4001, peer('203.0.113.9', 4001))).at(-1)).toBe('success');
});

test('once lapsed, number and peer are free for others', () => {
  const client = allocated();
  client.bind(0x4000, PEER);
  client.bench.pass(600_000);
  expect(said(client.bind(0x4001, PEER)).at(-1)).toBe('success');
  expect(said(client.bind(0x4000, peer('203.0.113.10', 1))).at(-1)).toBe('success');
});

test('the two relays of a dual allocation share the channel numbers', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.allocated(w => w.family(ATTRIBUTES.AdditionalAddressFamily, 6));
  client.bind(0x4000, PEER);
  expect(said(client.bind(0x4000, SIX))).toEqual(BAD);
  expect(said(client.bind(0x4001, SIX))).toEqual([
    'permit 1 2001:db8::9',
    'install-channel 1 4001 [2001:db8::9]:4000',
    'success',
  ]);
});

test('policy is asked about address and port', () => {
  const client = allocated();
  client.bench.rules.denied = ({ port }) => port === 3478;
  expect(said(client.bind(0x4000, peer('203.0.113.9', 3478)))).toEqual([
    'refused peer-denied by test rule',
    'error 403',
  ]);
  expect(said(client.bind(0x4000, peer('203.0.113.9', 3479))).at(-1)).toBe('success');
});

test('a peer of another family is 443', () => {
  expect(said(allocated().bind(0x4000, SIX))).toEqual(['refused peer-family-mismatch', 'error 443']);
});

test('port 0, no peer or no channel is 400', () => {
  const client = allocated();
  expect(said(client.bind(0x4000, peer('203.0.113.9', 0)))).toEqual(BAD);
  expect(said(client.request(METHODS.ChannelBind, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, PEER)))).toEqual(BAD);
  expect(said(client.request(METHODS.ChannelBind, w => w.raw(ATTRIBUTES.ChannelNumber, [0x40, 0, 0, 0])))).toEqual(BAD);
});

test('beyond the channels an allocation may have it is 508; known ones can be refreshed', () => {
  const client = allocated({ channelsPerAllocation: 1 });
  client.bind(0x4000, PEER);
  expect(said(client.bind(0x4001, peer('203.0.113.9', 1)))).toEqual(['refused channel-limit', 'error 508']);
  expect(said(client.bind(0x4000, PEER))).toEqual(['success']);
});

test('a channel needs room for its permission, too', () => {
  const client = allocated({ permissionsPerAllocation: 1 });
  client.permit(peer('203.0.113.1', 1));
  expect(said(client.bind(0x4000, PEER))).toEqual(['refused permission-limit', 'error 508']);
  expect(client.bench.server.counts().channels).toBe(0);
});
