import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { requires } from '../testkit/requires.ts';

const script = fileURLToPath(new URL('small-mtu.ts', import.meta.url));
const ROOT = { name: 'root', isMet: () => process.getuid?.() === 0 };

beforeEach(context => requires(context, 'unshare', 'ip', ROOT));

test.each([
  [4, 'peer 3/4 1400'],
  [6, 'peer 2/0 1400'],
])(
  'where 1400 bytes fit, IPv%i goes whole or not at all if so asked, else in fragments, and in no uncuttable run',
  async (family, tooBig) => {
    expect(await inNamespace(family)).toEqual({
      errors: [tooBig],
      single: [1501, 100],
      run: Array.from({ length: 20 }, () => 1390),
      drops: 1, // the one that had to go whole
    });
  },
);

async function inNamespace(family: number): Promise<unknown> {
  const setUp = `ip link set lo up mtu 1400 && exec "$@"`;
  const { stdout } = await promisify(execFile)('unshare', [
    '--net',
    'sh',
    '-c',
    setUp,
    'sh',
    process.execPath,
    script,
    String(family),
  ]);
  return JSON.parse(stdout);
}
