import { hostOf, portOf } from '../endpoint.ts';
import { naming, natFor } from '../expected.ts';
import type { Facts, TargetFacts } from '../facts.ts';
import { fault, ok, type Result, warning } from '../result.ts';

/** One relay, two destinations: it must leave from the same address and port to both. */
export function mappingPerDestination(facts: Facts): Result[] {
  return facts.targets.flatMap(target => [...ofRelay(facts, target), ...ofObserver(target)]);
}

function ofRelay({ expected }: Facts, { address, relayed }: TargetFacts): Result[] {
  const seen = (relayed?.outFirst ?? []).flatMap(({ from }) => (from === undefined ? [] : [from]));
  if (relayed === undefined || seen.length < 2) return [];
  if (new Set(seen).size === 1)
    return [ok('mapping-per-destination', address, `the same for ${seen.length} destinations`)];
  if (seen.every(from => hostOf(from) === hostOf(seen[0]!) && portOf(from) !== portOf(relayed.relayed))) return []; // PAT, and said so
  return [
    fault('mapping-per-destination', address, {
      id: 'mapping-per-destination',
      place: 'nat',
      rules: natFor(expected, 'out'),
      seen: `relay ${relayed.relayed} is ${seen.join(' to one peer and ')} to another`,
      means: 'The NAT in front of the edge makes a new mapping for each destination: peers can not answer.',
      change: `translate one to one: ${naming(natFor(expected, 'out'), 'ChangeSRC')}`,
    }),
  ];
}

/** The observer's own NAT, where the edge has a second address to ask (RFC 5780 §4.3). Not the edge's fault, but good to know. */
function ofObserver({ address, otherMapped }: TargetFacts): Result[] {
  if (otherMapped?.otherwise === undefined) return [];
  const { mapped, otherwise, other } = otherMapped;
  const seen = mapped === otherwise ? `the same for ${other}` : `${mapped}, and to ${other} ${otherwise}`;
  return [ok('own-nat', address, `mapping of this observer: ${seen}`)];
}

/** Flows that nobody used for a while still get through. */
export function mappingIdle({ expected, targets }: Facts): Result[] {
  return targets.flatMap(({ address, relayed }) => {
    const idle = relayed?.idle;
    if (idle === undefined) return [];
    const { seconds, out, inward, mapped } = idle;
    const moved = mapped[0] !== mapped[1];
    if (out.from !== undefined && inward.from !== undefined && !moved) {
      return [ok('mapping-idle', address, `after ${seconds} s of silence everything is as before`)];
    }
    const seen = [
      ...(out.from === undefined ? ['nothing came out of the relay'] : []),
      ...(inward.from === undefined ? ['nothing came in'] : []),
      ...(moved ? [`our address changed from ${mapped[0] ?? 'none'} to ${mapped[1] ?? 'none'}`] : []),
    ].join(', ');
    return [
      warning('mapping-idle', address, {
        id: 'mapping-idle',
        place: 'nat',
        seen: `after ${seconds} s of silence: ${seen}`,
        means: 'A NAT or firewall on the way forgets UDP flows sooner than clients refresh them.',
        change: `raise the UDP timeout of ${naming(natFor(expected, 'in'), 'the NAT and the firewall')} to 300 s, at the least above ${seconds} s; it may be the observer's own NAT`,
      }),
    ];
  });
}
