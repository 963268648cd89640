import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isMet, requires } from '../testkit/requires.ts';
import { NATIVE } from '../testkit/workers-bench.ts';
import { Agents, LIBNICE, type Talk } from './libnice/agents.ts';
import { EDGES, ONE_EDGE, type Rig, startRig } from './rig.ts';

/** Fewer than the fifty of a release: `LIBNICE_RUNS=50`. */
const RUNS = Number(process.env.LIBNICE_RUNS ?? 3);
/** Pairs that talk at the same time. */
const AT_ONCE = 5;

const agents = new Agents();
const NEEDS = ['gcc', 'pkg-config', LIBNICE];
beforeEach(context => requires(context, ...NEEDS));
afterAll(() => agents.remove());

type Way = Pick<Talk, 'dialect' | 'transport'>;
const R2 = 'oc2007r2';
/** Over streams the Microsoft dialect relays TCP, which needs the native layer whatever the engine. */
const WAYS: readonly (Way & { readonly name: string; readonly needs: readonly (typeof NATIVE)[] })[] = [
  { name: 'Office Communicator 2007 R2 over UDP', dialect: R2, transport: 'udp', needs: [] },
  { name: 'Office Communicator 2007 R2 over TCP', dialect: R2, transport: 'tcp', needs: [NATIVE] },
  { name: 'Office Communicator 2007 R2 over pseudo-TLS', dialect: R2, transport: 'tls', needs: [NATIVE] },
  { name: 'Office Communicator 2007 over UDP', dialect: 'oc2007', transport: 'udp', needs: [] },
];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const ALICE = { user: base64('alice'), password: base64('wonderland') };
const BOB = { user: 'bob', password: 'builder' };

describe.each(EDGES)('on $engine with $workers workers', runAs => {
  let rig: Rig;
  beforeAll(async () => {
    if (NEEDS.every(isMet)) rig = await startRig(runAs);
  });
  afterAll(() => rig?.close());

  const talk = (how: Omit<Talk, 'port'>) =>
    agents.talk({ ...how, port: how.transport === 'udp' ? rig.udp[0]! : rig.tcp[0]! });

  async function withToken(how: Way): Promise<void> {
    const { username: user, password } = await rig.mint('carol', 'ms');
    await talk({ ...how, user, password });
  }

  describe('two agents of libnice that may use nothing but their relays hear each other', () => {
    test.for(WAYS)(
      'as $name, with relay tokens',
      { timeout: 60_000 + RUNS * 4_000 },
      async ({ dialect, transport, needs }, context) => {
        requires(context, ...needs);
        let left = RUNS;
        const some = async () => {
          while (left-- > 0) await withToken({ dialect, transport });
        };
        await Promise.all(Array.from({ length: AT_ONCE }, some));
      },
    );

    test('with static users and with REST credentials', async () => {
      await talk({ dialect: R2, transport: 'udp', ...ALICE });
      const { username, password } = await rig.mint('bob');
      await talk({ dialect: R2, transport: 'udp', user: base64(username), password: base64(password) });
    });

    test('in RFC 5245 and in every Microsoft mode at the same time on the same ports', async () => {
      const ways = WAYS.filter(({ needs }) => needs.every(isMet));
      const standard = (['udp', 'tcp'] as const).map(transport => ({ dialect: 'rfc5245', transport, ...BOB }) as const);
      await Promise.all([...ways.map(withToken), ...standard.map(talk)]);
    });
  });

  test('agents that leave give their allocations back by Allocate, and no allocation stays', async () => {
    const before = rig.logged('allocation ended').length;
    await withToken({ dialect: R2, transport: 'udp' });
    const ended = rig.logged('allocation ended').slice(before);
    expect(ended.map(({ reason }) => reason)).toEqual(['refreshed-to-zero', 'refreshed-to-zero']);
    expect(ended.every(({ user }) => /^token:\d+:carol$/.test(String(user)))).toBe(true);
  });
});

test('with a wrong password nobody hears anybody', async () => {
  const rig = await startRig(ONE_EDGE);
  const wrong = { ...ALICE, password: base64('wrong') };
  await expect(agents.talk({ dialect: R2, transport: 'udp', port: rig.udp[0]!, ...wrong })).rejects.toThrow('gave up');
  expect(await rig.metric('sallyport_refusals_total{reason="wrong-integrity"}')).toBeGreaterThan(0);
  await rig.close();
});
