import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEdge, type Edge } from '../../src/index.ts';
import { freePortPair } from '../testkit/free-ports.ts';
import { run } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';

/*
 * coturn's client of RFC 5780 against four sockets that answer for each other. Its first request is bare, and the answer to that is 2.8
 * times as long, which limits.amplification must allow.
 */

const FIRST = '127.0.0.1';
const SECOND = '127.0.0.2';
const CLIENT = '127.0.0.77';

let edge: Edge;
let port: number;
beforeEach(async context => {
  requires(context, 'turnutils_natdiscovery');
  port = await freePortPair(FIRST);
  edge = await createEdge({
    external: { address: [FIRST, SECOND], udp: [port, port + 1], tcp: [] },
    credentials: { users: { alice: 'wonderland' } },
    limits: { amplification: 3 },
  });
});
afterEach(() => edge?.close());

const origin = (ip: string, beyond: number) => `Response origin: : ${ip}:${port + beyond}`;
const other = (ip: string, beyond: number) => `Other addr: : ${ip}:${port + beyond}`;

test.each([
  ['mapping', ['-m'], () => [origin(SECOND, 0), 'Endpoint Independent Mapping']],
  ['mapping, padded', ['-m', '-P'], () => [origin(SECOND, 0), 'Endpoint Independent Mapping']],
  ['filtering', ['-f'], () => [origin(SECOND, 1), 'Endpoint Independent Filtering']],
  ['filtering, padded', ['-f', '-P'], () => [origin(SECOND, 1), 'Endpoint Independent Filtering']],
  ['hairpinning', ['-H'], () => ['Received a request (maybe a successful hairpinning)']],
  ['the lifetime of a mapping', ['-t', '-T', '1'], () => ['RFC 5780 response 2']],
])("coturn's client discovers %s", async (_, flags, found) => {
  const { output } = await run('turnutils_natdiscovery', [...flags, '-L', CLIENT, '-p', `${port}`, FIRST], 30_000);
  for (const line of ['RFC 5780 response 1', origin(FIRST, 0), other(SECOND, 1), ...found()]) {
    expect(output).toContain(line);
  }
  expect(output).not.toContain('timeout');
});
