import { expect, test } from 'vitest';
import { address, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';

const LOCAL = address('10.45.16.10', 50_001);
const TOLD = address('203.0.113.77', 50_001);

/** A client whose edge is known as 203.0.113.77 outside. */
function scene() {
  const bench = new TurnBench();
  bench.rules.advertise = peer => {
    if (peer.w3 === LOCAL.w3) peer.set(TOLD.w0, TOLD.w1, TOLD.w2, TOLD.w3, peer.port);
  };
  const client = new TestClient(bench, 1);
  client.allocated();
  return { bench, client };
}

test('a permission for a relay of ours is for its one name, whichever the client knows', () => {
  const { client } = scene();
  const { w0, w1, w2, w3 } = TOLD;
  expect(client.permit(LOCAL)).toContainEqual({ do: 'permit', relay: 0, peer: { w0, w1, w2, w3 } });
  expect(client.permit(TOLD).filter(effect => effect.do === 'permit')).toEqual([]); // it was there
});

test('a channel to it may be bound by one name and refreshed by the other', () => {
  const { client } = scene();
  expect(client.bind(0x4000, LOCAL)).toContainEqual({ do: 'install-channel', relay: 0, channel: 0x4000, peer: TOLD });
  expect(client.bind(0x4000, TOLD).filter(effect => effect.do !== 'reply')).toEqual([]);
});

test('a Send indication to it goes to its one name', () => {
  const { bench, client } = scene();
  client.indicate(LOCAL, Uint8Array.of(1));
  expect(bench.sent.map(({ to }) => to)).toEqual(['relay 0 203.0.113.77:50001']);
});
