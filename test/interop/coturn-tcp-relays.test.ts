import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isMet, requires } from '../testkit/requires.ts';
import { NATIVE } from '../testkit/workers-bench.ts';
import { uclient } from './coturn-tools.ts';
import { EDGES, type Rig, startRig } from './rig.ts';

const NEEDS = ['turnutils_uclient', NATIVE] as const;
beforeEach(context => requires(context, ...NEEDS));

const ALICE = ['-T', '-u', 'alice', '-w', 'wonderland'];
/**
 * The tool's clients of TCP relays come in pairs that call each other. With more than one pair everybody calls everybody, and it waits half
 * a minute for second connections between the same two ports, which there cannot be (446).
 */
const RUNS = [
  { over: 'plain connections', flags: ALICE, clients: 2, messages: 120, sent: 240 },
  { over: 'TLS', flags: [...ALICE, '-S'], clients: 1, messages: 120, sent: 240 },
];

describe.each(EDGES)('on $engine with $workers workers', runAs => {
  let edge: Rig;
  beforeAll(async () => {
    if (NEEDS.every(isMet)) edge = await startRig(runAs);
  });
  afterAll(() => edge?.close());

  test.each(RUNS)(
    "coturn's client with TCP relays over $over loses nothing",
    async ({ flags, clients, messages, sent }) => {
      const server = '127.0.0.1';
      const { output, ...figures } = await uclient({ server, port: edge.tcp[0]!, flags, clients, messages });
      expect(figures, output).toEqual({ status: 0, sent, received: sent, lost: 0, dropped: 0 });
    },
    300_000,
  );
});
