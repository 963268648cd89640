import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { ConfigInput } from '../../src/index.ts';
import { Edges } from '../testkit/edges.ts';
import { Program } from '../testkit/program.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const edges = new Edges();
afterEach(() => edges.close());

test('no log line is written below the configured level', async () => {
  expect(await levelsAt('info')).toEqual(['info', 'warn']);
  expect(await levelsAt('warn')).toEqual(['warn']);
});

test('the edge runs on the configured engine, and refuses one it does not have', async () => {
  for (const engine of ['dgram', 'mmsg'] as const) {
    const edge = await edges.start({ engines: [engine] });
    expect(await edge.metrics()).toMatch(new RegExp(`^sallyport_build_info\\{.*engine="${engine}".*\\} 1$`, 'm'));
  }
  const engines = ['carrier-pigeon'] as unknown as ConfigInput['engines'] & {};
  await expect(edges.start({ engines })).rejects.toMatchObject({ code: 'SALLYPORT_CONFIG_INVALID' });
});

/** The levels of what an edge in a process of its own says from start to stop: it has something to warn of. */
async function levelsAt(level: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  const file = join(folder, 'edge.yaml');
  await writeFile(
    file,
    `external: { address: 127.0.0.1, udp: 0, tcp: 0 }\ncredentials: { users: { a: b } }\nlog: { level: ${level} }\n`,
  );
  const program = new Program(process.execPath, [MAIN, 'start', '--config', file]);
  try {
    await program.until(() => program.output.includes('self-signed'));
  } finally {
    await program.stop();
    await rm(folder, { recursive: true });
  }
  return [...new Set(Array.from(program.output.matchAll(/"level":"(\w+)"/g), ([, said]) => said!))].sort();
}
