import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../src/credentials/index.ts';
import { ATTRIBUTES } from '../../src/wire/index.ts';
import { Edges } from '../testkit/edges.ts';
import { overUdp, type TurnTestClient } from '../testkit/turn-client.ts';
import type { ClientCredential } from '../testkit/turn-talker.ts';

const edges = new Edges();
afterEach(() => edges.close());

test('a configured user gets in with the configured password, and with no other', async () => {
  const edge = await edges.start({ credentials: { users: { dora: 'explorer', 'é:1': 'ünïcode' } } });
  const client = async (username: string, password: string) =>
    edges.client(await overUdp(edge.ports.udp[0]!), { username, password });
  expect((await (await client('dora', 'explorer')).allocate()).isSuccess).toBe(true);
  expect((await (await client('é:1', 'ünïcode')).allocate()).isSuccess).toBe(true);
  expect((await (await client('dora', 'Explorer')).allocate()).code).toBe(401);
  expect((await (await client('alice', 'wonderland')).allocate()).code).toBe(401);
});

test('each configured secret lets in what it has minted, and no other does', async () => {
  const edge = await edges.start({ credentials: { secrets: ['north-wind', 'south-wind'] } });
  const codeWith = async (secret: string) => {
    const client = edges.client(await overUdp(edge.ports.udp[0]!), minted(secret, 3600));
    return (await client.allocate()).summary;
  };
  expect(await codeWith('north-wind')).toBe('success 600');
  expect(await codeWith('south-wind')).toBe('success 600');
  expect(await codeWith('east-wind')).toBe('error 401');
  expect((await edges.client(await overUdp(edge.ports.udp[0]!), edge.mint('ann')).allocate()).summary).toBe(
    'success 600',
  );
});

test('no credential is minted for longer or lives longer than the configured lifetime', async () => {
  const edge = await edges.start({ credentials: { secrets: ['north-wind'], lifetime: '2m' } });
  expect(edge.mint('ann').lifetimeSeconds).toBe(120);
  expect(edge.mint('ann', 3600).lifetimeSeconds).toBe(120);
  const overLong = edges.client(await overUdp(edge.ports.udp[0]!), minted('north-wind', 3600));
  expect(await lifetimeOf(overLong)).toBeLessThanOrEqual(120);
  expect((await overLong.refresh(600)).uint32(ATTRIBUTES.Lifetime)).toBeLessThanOrEqual(120);
});

async function lifetimeOf(client: TurnTestClient): Promise<number | undefined> {
  return (await client.allocate()).uint32(ATTRIBUTES.Lifetime);
}

/** As somebody else mints who knows the secret. */
function minted(secret: string, lifetimeSeconds: number): ClientCredential {
  const mint = new Credentials({ realm: '', secrets: [secret], users: {}, lifetimeSeconds: 28_800 });
  const credential = mint.mint('ann', lifetimeSeconds, Date.now());
  if (typeof credential === 'string') throw new Error(credential);
  return credential;
}
