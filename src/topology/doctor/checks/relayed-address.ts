import { hostOf, notPublic } from '../endpoint.ts';
import type { Facts, RelayedFacts, TargetFacts } from '../facts.ts';
import { type Finding, fault, ok, type Result, unknown } from '../result.ts';

/** The relayed address is one that peers reach: public, and the edge's. */
export function relayedAddress(facts: Facts): Result[] {
  if (facts.expected.side === 'internal') return []; // relays are on the external side, whoever asks
  return facts.targets.flatMap(target => {
    const { allocation } = target;
    if (allocation === undefined || !('relayed' in allocation)) return [];
    const { relayed } = allocation;
    return [wrongAddress(target) ?? judged(facts, target, relayed)];
  });
}

function judged({ expected }: Facts, { address, relayed }: TargetFacts, text: string): Result {
  const host = hostOf(text);
  const isKnown = host === address || expected.told.includes(host);
  if (isKnown || relayed?.inward.from !== undefined) return ok('relayed-address', address, `relays are on ${host}`);
  return unknown('relayed-address', address, `relays are on ${host}, not on ${address}, and it could not be tried`);
}

/** The finding, when relays are told by an address that is private or somebody else's. */
export function wrongAddress({ address, allocation, relayed }: TargetFacts): Finding | undefined {
  if (allocation === undefined || !('relayed' in allocation)) return undefined;
  const host = hostOf(allocation.relayed);
  const purpose = notPublic(host);
  if (purpose !== undefined && notPublic(address) === undefined) {
    return fault('relayed-address', address, {
      id: 'relayed-address-private',
      place: 'edge',
      seen: `relays are on ${host}, which is ${purpose}`,
      means:
        'Peers are told an address that means nothing on the Internet: calls connect only where both ends relay here.',
      change: `set external.public to ${address}`,
    });
  }
  if (relayed === undefined || host === address || !leadsToDialled(relayed, address)) return undefined;
  return fault('relayed-address', address, {
    id: 'relayed-address-wrong',
    place: 'edge',
    seen: `relays are told as ${host}, and are reached at ${address}`,
    means: 'external.public names an address that the NAT does not translate to this edge: peers send into the void.',
    change: `set external.public to ${address}`,
  });
}

function leadsToDialled({ inward, inwardAtDialled, outFirst }: RelayedFacts, address: string): boolean {
  if (inward.from !== undefined) return false;
  return (
    inwardAtDialled?.from !== undefined || outFirst.some(({ from }) => from !== undefined && hostOf(from) === address)
  );
}
