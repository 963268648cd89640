import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { requires } from '../testkit/requires.ts';
import { NATIVE } from '../testkit/workers-bench.ts';

const script = fileURLToPath(new URL('icmp.ts', import.meta.url));
const ROOT = { name: 'root', isMet: () => process.getuid?.() === 0 };

beforeEach(context => requires(context, 'unshare', 'nsenter', 'ip', ROOT, NATIVE));

// RFC 8656 §11.5: a Data indication with XOR-PEER-ADDRESS and ICMP, and no DATA
const indication = { isDataIndication: true, hasData: false };

test.each([
  [4, { type: 3, code: 3, data: 0 }, { type: 3, code: 4, data: 1_300 }],
  [6, { type: 1, code: 4, data: 0 }, { type: 2, code: 0, data: 1_300 }],
])(
  'over IPv%i a client is told, however it sends, that the port of its peer is closed, and what fits on the way',
  async (family, unreachable, tooBig) => {
    expect(await inNamespace(family)).toEqual([
      { ...indication, about: 'closed port', ...unreachable },
      { ...indication, about: 'closed port', ...unreachable },
      { ...indication, about: 'far network', ...tooBig },
    ]);
  },
);

async function inNamespace(family: number): Promise<unknown> {
  const { stdout } = await promisify(execFile)('unshare', ['--net', process.execPath, script, String(family)]);
  return JSON.parse(stdout);
}
