import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../testkit/program.ts';
import { type Need, pathOf, requires } from '../testkit/requires.ts';
import { type Rig, startRig, WORKERS } from './rig.ts';

const SOURCE = fileURLToPath(new URL('libnice/two-agents.c', import.meta.url));
/** Fewer than the fifty of a release: `LIBNICE_RUNS=50`. */
const RUNS = Number(process.env.LIBNICE_RUNS ?? 3);

const LIBNICE: Need = {
  name: 'libnice-dev',
  isMet: () => pathOf('pkg-config') !== undefined && flags('--exists') !== undefined,
};

let folder: string;
let agents: string | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'libnice-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(context => {
  requires(context, 'gcc', 'pkg-config', LIBNICE);
  agents ??= built();
});

type Dialect = 'oc2007r2' | 'oc2007' | 'rfc5245';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe.each(WORKERS)('with %i workers', workers => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(workers);
  });
  afterAll(() => rig.close());

  async function talk(dialect: Dialect, user: string, password: string): Promise<void> {
    const { status, output } = await run(agents!, [dialect, 'udp', `${rig.udp[0]}`, user, password], 30_000);
    expect(output).toContain('both heard');
    expect(output).not.toContain('something else');
    expect(status, output).toBe(0);
  }

  describe('two agents of libnice that may use nothing but their relays hear each other', () => {
    test.each<[string, Dialect]>([
      ['Office Communicator 2007 R2', 'oc2007r2'],
      ['Office Communicator 2007', 'oc2007'],
    ])(
      'as %s over UDP, with relay tokens',
      async (_, dialect) => {
        for (let i = 0; i < RUNS; i++) {
          const { username, password } = await rig.mint('alice', 'ms');
          await talk(dialect, username, password);
        }
      },
      60_000 + RUNS * 4_000,
    );

    test('as Office Communicator 2007 R2 with static users and with REST credentials', async () => {
      await talk('oc2007r2', base64('alice'), base64('wonderland'));
      const { username, password } = await rig.mint('bob');
      await talk('oc2007r2', base64(username), base64(password));
    });

    test('in RFC 5245 and in both Microsoft modes at the same time on the same port', async () => {
      const token = await rig.mint('carol', 'ms');
      await Promise.all([
        talk('rfc5245', 'alice', 'wonderland'),
        talk('oc2007r2', token.username, token.password),
        talk('oc2007', token.username, token.password),
        talk('rfc5245', 'bob', 'builder'),
      ]);
    });

    test('and with a wrong password nobody hears anybody', async () => {
      const { username } = await rig.mint('alice', 'ms');
      const before = await rig.metric('sallyport_refusals_total{reason="wrong-integrity"}');
      const program = run(agents!, ['oc2007r2', 'udp', `${rig.udp[0]}`, username, base64('wrong')], 40_000);
      const { output, status } = await program;
      expect([status, output.includes('both heard')]).toEqual([1, false]);
      expect(await rig.metric('sallyport_refusals_total{reason="wrong-integrity"}')).toBeGreaterThan(before);
    });
  });

  test('agents that leave give their allocations back by Allocate, and no allocation stays', async () => {
    const before = rig.logged('allocation ended').length;
    const { username, password } = await rig.mint('dave', 'ms');
    await talk('oc2007r2', username, password);
    const ended = rig.logged('allocation ended').slice(before);
    expect(ended.map(({ reason }) => reason)).toEqual(['refreshed-to-zero', 'refreshed-to-zero']);
    expect(ended.every(({ user }) => /^token:\d+:dave$/.test(String(user)))).toBe(true);
  });
});

function built(): string {
  const program = join(folder, 'two-agents');
  const all = `${flags('--cflags')} ${flags('--libs')}`.split(/\s+/).filter(flag => flag !== '');
  execFileSync('gcc', ['-O1', SOURCE, '-o', program, ...all], { stdio: 'pipe' });
  return program;
}

function flags(option: string): string | undefined {
  try {
    return execFileSync('pkg-config', [option, 'nice', 'glib-2.0'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}
