import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { planOf, type Rule } from '../../src/topology/index.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { configFrom } from '../testkit/topologies.ts';
import { configurationWith, KINDS } from './network/kinds.ts';
import { LAB_NEEDS } from './network/needs.ts';
import { Perimeter } from './network/perimeter.ts';

/*
 * Without any single planned rule the probe names that rule, whichever partners there are: it stands in for a partner's edge where no client
 * needs the rule. Each kind has a network of its own, and all are probed at once: most of the time is spent waiting for what is dropped.
 */
const PROBED = KINDS.filter(kind => kind !== 'ocs2007r2');
const labs = new Map<string, Perimeter>();
const folders: string[] = [];

beforeAll(async () => {
  if (!LAB_NEEDS.every(isMet)) return;
  for (const kind of PROBED) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-lab-'));
    folders.push(folder);
    labs.set(kind, await Perimeter.build(configurationWith(kind), folder, { hasHosts: false }));
  }
}, 120_000);
afterAll(async () => {
  await Promise.all([...labs.values()].map(lab => lab.close()));
  for (const folder of folders) rmSync(folder, { recursive: true });
}, 60_000);
beforeEach(context => requires(context, ...LAB_NEEDS));

test('of all rules, and each is the only one that is named without it', async () => {
  await Promise.all(PROBED.map(kind => namesEach(labs.get(kind)!, kind)));
}, 240_000);

test('partners with OCS 2007 R2 need what those with Lync need', () => {
  const [lync, older] = (['lync', 'ocs2007r2'] as const).map(kind => idsOf(kind));
  expect(lync).toEqual(older);
});

async function namesEach(lab: Perimeter, kind: string): Promise<void> {
  const tokens = { external: await lab.token('external'), internal: await lab.token('internal') };
  const of = (side: Rule['side']) => lab.plan.rules.filter(rule => rule.side === side).map(({ id }) => id);
  const [outer, inner] = [of('external'), of('internal')];
  for (const [i, outside] of [undefined, ...outer].entries()) {
    // a probe outside sees nothing of the rules inside, and the other way round: one of each can be missing
    const inside = i === 0 ? undefined : inner[i - 1];
    await lab.loadRules(...[outside, inside].filter(id => id !== undefined));
    const named = Promise.all([
      blamed(lab, 'partner', tokens.external),
      i <= inner.length ? blamed(lab, 'desk', tokens.internal) : [],
    ]);
    expect(await named, `${kind}: without ${outside}, ${inside}`).toEqual([listOf(outside), listOf(inside)]);
  }
  expect(outer.length).toBeGreaterThanOrEqual(inner.length);
}

/** The rules of firewalls that a probe's findings name: those of the NAT are in no firewall. */
async function blamed(lab: Perimeter, from: 'partner' | 'desk', token: string): Promise<string[]> {
  const { findings } = await lab.probe(from, token);
  return [...new Set(findings.flatMap(({ rules }) => rules))].filter(id => !id.startsWith('nat-'));
}

function listOf(id: string | undefined): string[] {
  return id === undefined ? [] : [id];
}

function idsOf(kind: (typeof KINDS)[number]): string[] {
  return planOf(configFrom(configurationWith(kind)), { policy: 'source-and-destination' }).rules.map(({ id }) => id);
}
