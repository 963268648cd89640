import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { requires } from '../testkit/requires.ts';
import { NATIVE } from '../testkit/workers-bench.ts';

const script = fileURLToPath(new URL('full-socket.ts', import.meta.url));
const ROOT = { name: 'root', isMet: () => process.getuid?.() === 0 };
/** Neighbours that nobody knows yet may have as much waiting as a socket holds. */
const SET_UP = `ip link set lo up && ip link add here type veth peer name nobody &&
  echo 100000000 > /proc/sys/net/ipv4/neigh/here/unres_qlen_bytes && ip address add 10.9.1.1/24 dev here &&
  ip link set here up && ip link set nobody up && exec "$@"`;

beforeEach(context => requires(context, 'unshare', 'ip', ROOT, NATIVE));

test('a relay whose socket is full drops and counts, at once, and others are relayed', async () => {
  const args = ['--net', 'sh', '-c', SET_UP, 'sh', process.execPath, script];
  const { stdout } = await promisify(execFile)('unshare', args);
  const { full, errors, others, millis } = JSON.parse(stdout) as Record<string, number>;
  expect(full).toBeGreaterThan(500);
  expect([errors, others]).toEqual([0, 1]);
  expect(millis).toBeLessThan(1_000); // an unknown neighbour is given up after three seconds: nobody has waited for that
});
