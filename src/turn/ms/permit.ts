import { familyOf, type PeerAddress } from '../../wire/index.ts';
import type { Allocation } from '../allocation.ts';
import type { Core } from '../core.ts';
import type { Effect } from '../effects.ts';
import type { Relay } from '../relay.ts';
import { type Refused, refused } from '../request.ts';

/** The relay that leads to a peer, if the peer has its family and the operator lets it be reached. */
export function msRelayFor(core: Core, allocation: Allocation, peer: PeerAddress): Relay | Refused {
  const relay = allocation.relayOf(familyOf(peer));
  if (relay === undefined) return refused('peer-family-mismatch', { peer });
  const isNew = !relay.permissions.has(peer);
  if (isNew && allocation.permissions >= core.settings.permissionsPerAllocation) return refused('permission-limit');
  const verdict = core.questions.peer(peer, allocation.credential.identity);
  return verdict === 'allowed' ? relay : refused('peer-denied', { peer, rule: verdict.deniedBy });
}

/** Lets a peer's address in, on any port, for as long as the relay lives: nobody refreshes permissions in this dialect (ADR 0012). */
export function msPermit(relay: Relay, peer: PeerAddress, effects: Effect[]): void {
  relay.permit(peer, 0, effects, Infinity);
}
