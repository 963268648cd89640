import { hostOf, notPublic, portOf } from '../endpoint.ts';
import { naming, natFor } from '../expected.ts';
import type { Facts, Reach, TargetFacts } from '../facts.ts';
import { fault, ok, type Result } from '../result.ts';

/** Inbound packets keep their source (ChangeDST): else the edge can't tell clients where they are seen, and answers lose their way. */
export function sourceKept(facts: Facts): Result[] {
  return facts.targets.flatMap(target => {
    const seen = target.reaches.filter(isTelling);
    if (seen.length === 0) return [];
    const wrong = rewritten(facts, target);
    if (wrong !== undefined) return [rewrittenFinding(facts, target, wrong)];
    const moved = seen.find(portsMoved);
    if (moved !== undefined) return [portsFinding(facts, target, moved)];
    return [ok('source-kept', target.address, kept(seen[0]!)), ...ownNat(target, seen)];
  });
}

type Telling = Reach & { readonly local: string; readonly mapped: string };

function isTelling(reach: Reach): reach is Telling {
  return reach.local !== undefined && reach.mapped !== undefined;
}

/** A listener that shows that something near the edge puts its own address in place of ours. */
export function rewritten({ expected }: Facts, { address, reaches }: TargetFacts): Telling | undefined {
  const ours = [...expected.told, ...expected.own, address];
  return reaches.filter(isTelling).find(({ local, mapped }) => {
    const [from, shown] = [hostOf(local), hostOf(mapped)];
    if (from === shown) return false;
    if (ours.includes(shown)) return true;
    if (notPublic(shown) !== undefined) return notPublic(address) === undefined || notPublic(from) === undefined;
    return notPublic(from) === undefined;
  });
}

/** Our own address, but another port: no NAT of ours would keep the address. */
function portsMoved({ local, mapped }: Telling): boolean {
  return hostOf(local) === hostOf(mapped) && portOf(local) !== portOf(mapped);
}

function rewrittenFinding({ expected }: Facts, { address }: TargetFacts, { local, mapped }: Telling) {
  return fault('source-kept', address, {
    id: 'source-rewritten',
    place: 'nat',
    rules: natFor(expected, 'in'),
    seen: `we sent from ${local}, and the edge saw ${mapped}`,
    means:
      'The NAT in front of the edge rewrites the sources of inbound packets (full NAT). The edge sees one address for all clients: reflexive addresses are wrong, permissions fail, and limits per network hit everybody together.',
    change: `translate inbound packets by destination only: ${naming(natFor(expected, 'in'), 'ChangeDST')}, without masquerading or source NAT towards the edge`,
  });
}

function portsFinding({ expected }: Facts, { address }: TargetFacts, { local, mapped }: Telling) {
  return fault('source-kept', address, {
    id: 'ports-rewritten',
    place: 'nat',
    rules: natFor(expected, 'in'),
    seen: `we sent from ${local}, and the edge saw ${mapped}`,
    means: 'The NAT in front of the edge rewrites source ports of inbound packets (PAT).',
    change: `keep ports in both directions: ${naming(natFor(expected, 'in'), 'one-to-one NAT')}`,
  });
}

function ownNat({ address }: TargetFacts, seen: readonly Telling[]): Result[] {
  const behind = seen.find(({ local, mapped }) => hostOf(local) !== hostOf(mapped));
  return behind === undefined
    ? []
    : [ok('own-nat', address, `this observer is behind a NAT: ${behind.local} is ${behind.mapped} outside`)];
}

function kept({ local, mapped }: Telling): string {
  return hostOf(local) === hostOf(mapped)
    ? `the edge saw ${mapped}, as sent`
    : `the edge saw our public address ${mapped}`;
}
