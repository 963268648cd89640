import type { Facts, PeerPolicyFacts } from '../facts.ts';
import { fault, ok, type Result, unknown, warning } from '../result.ts';

/** Peers that the configuration denies are denied, and those it allows are allowed. */
export function peerPolicy({ targets, expected }: Facts): Result[] {
  return targets.flatMap(({ address, peerPolicy: tried }) => {
    const wrong = tried.flatMap(each => judge(address, each, expected.source === 'configuration'));
    if (wrong.length > 0 || tried.length === 0) return wrong;
    const denied = tried.filter(({ answered }) => answered === 'denied').map(({ peer }) => peer);
    return [
      ok(
        'peer-policy',
        address,
        denied.length === 0 ? 'as configured' : `denied as they should be: ${denied.join(', ')}`,
      ),
    ];
  });
}

function judge(
  address: string,
  { peer, answered, expected, because }: PeerPolicyFacts,
  isConfigured: boolean,
): Result[] {
  const subject = `${address}, peer ${peer}`;
  if (answered === expected) return [];
  if (answered === 'silent') return [unknown('peer-policy', subject, 'no answer')];
  const change = isConfigured
    ? 'restart the edge with this configuration: the one it runs is another'
    : 'see external.peers.allow and external.peers.deny';
  if (answered === 'denied') {
    return [
      warning('peer-policy', subject, {
        id: 'peer-denied',
        place: 'edge',
        seen: 'denied',
        change,
        means: 'A peer that should be allowed is denied: calls to it fail.',
      }),
    ];
  }
  return [
    fault('peer-policy', subject, {
      id: 'peer-allowed',
      place: 'edge',
      seen: `allowed, and should be denied${because === undefined ? '' : ` (${because})`}`,
      change,
      means: 'Whoever has a credential may reach this address through the edge.',
    }),
  ];
}
