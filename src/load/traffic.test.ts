import { expect, test } from 'vitest';
import type { TrafficPlan } from './options.ts';
import { videoTrain } from './options.ts';
import { STAMP_LENGTH, ticksOf, writeStamp } from './stamp.ts';
import { Traffic } from './traffic.ts';

interface Sent {
  readonly client: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** A network without delay, in hand. */
function bench(plan: Omit<TrafficPlan, 'kind' | 'direction'>, active = [0, 1]) {
  const sent: Sent[] = [];
  const clock = { now: 0 };
  const source = {
    sendPayload(client: number, size: number, mark: number, sequence: number, ticks: number) {
      const bytes = new Uint8Array(STAMP_LENGTH);
      writeStamp(bytes, 0, mark, client, sequence, ticks);
      sent.push({ client, size, bytes });
    },
  };
  const traffic = new Traffic({
    clients: 2,
    active,
    plan: { kind: 'traffic', direction: 'echo', ...plan },
    source,
    flush: () => {},
    now: () => clock.now,
    mark: 0xffff_ffff,
  });
  const arrive = ({ client, bytes }: Sent) => traffic.onPayload(client, bytes, 0, bytes.length, ticksOf(clock.now));
  return { traffic, sent, clock, arrive };
}

test('a closed loop keeps so many under way, one more for each that arrives', () => {
  const { traffic, sent, arrive } = bench({ sizes: [100], pace: { inFlight: 3 } });
  traffic.start();
  expect(sent).toHaveLength(6);
  arrive(sent[0]!);
  arrive(sent[1]!);
  expect(sent).toHaveLength(8);
  traffic.stop();
  arrive(sent[2]!);
  expect(sent).toHaveLength(8);
});

test('a loop that lost all it had under way begins anew', () => {
  const { traffic, sent } = bench({ sizes: [100], pace: { inFlight: 2 } });
  traffic.start();
  traffic.restartStalled();
  expect(sent).toHaveLength(4);
  traffic.restartStalled();
  expect(sent).toHaveLength(8);
});

test('a paced load sends whole trains, and only from clients that are ready', () => {
  const { traffic, sent, clock } = bench({ sizes: [1200, 1200, 300], pace: { perSecond: 10 } }, [1]);
  traffic.start();
  for (clock.now = 0; clock.now < 1000; clock.now++) traffic.tick();
  expect(sent).toHaveLength(30);
  expect(new Set(sent.map(s => s.client))).toEqual(new Set([1]));
  expect(sent.slice(0, 3).map(s => s.size)).toEqual([1200, 1200, 300]);
});

test('what was sent before measuring began is neither sent nor received, but keeps the loop going', () => {
  const { traffic, sent, arrive, clock } = bench({ sizes: [100], pace: { inFlight: 1 } });
  traffic.start();
  traffic.beginMeasuring();
  clock.now = 7;
  arrive(sent[0]!);
  expect([traffic.sent, traffic.receipts.count, traffic.arrived]).toEqual([1, 0, 1]);
  clock.now = 9;
  arrive(sent[2]!);
  expect([traffic.sent, traffic.receipts.count, traffic.receipts.delay.most]).toEqual([2, 1, 20_000]);
});

test('payloads of other runs do not count', () => {
  const { traffic, arrive } = bench({ sizes: [100], pace: { inFlight: 1 } });
  traffic.start();
  const bytes = new Uint8Array(STAMP_LENGTH);
  writeStamp(bytes, 0, 12_345, 0, 0, 0);
  arrive({ client: 0, size: 100, bytes });
  arrive({ client: 0, size: 100, bytes: bytes.subarray(0, 5) });
  expect(traffic.arrived).toBe(0);
});

test('it ends by itself at a count', () => {
  const { traffic, sent, clock } = bench({ sizes: [100], pace: { perSecond: 100 } });
  let ended = 0;
  traffic.onMost = () => ended++;
  traffic.start();
  traffic.most = 5;
  for (clock.now = 0; clock.now < 1000; clock.now++) traffic.tick();
  expect([sent.length, ended]).toEqual([5, 1]);
});

test('a video frame is cut into full datagrams and a rest', () => {
  expect(videoTrain(2, 30, 1200)).toEqual([1200, 1200, 1200, 1200, 1200, 1200, 1133]);
  expect(videoTrain(0.288, 30, 1200)).toEqual([1200]);
  expect(videoTrain(0.01, 30, 1200)).toEqual([42]);
});
