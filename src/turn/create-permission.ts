import { AddressBuffer, ATTRIBUTES, familyOf, type MessageView, type PeerAddress, withPort } from '../wire/index.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import { readPeer } from './named-peer.ts';
import { keyOf } from './permissions.ts';
import type { Relay } from './relay.ts';
import { type AllocationRequest, isRefused, type Refused, refused } from './request.ts';

/** CreatePermission (RFC 8656 §10.2): permissions for all the peers named, or for none. */
export function onCreatePermission(core: Core, request: AllocationRequest): readonly Effect[] | Refused {
  const { view, allocation, now } = request;
  const peers = peersOf(core, view);
  if (peers === undefined) return refused('bad-request');
  const grants: { readonly relay: Relay; readonly peer: PeerAddress }[] = [];
  for (const peer of peers) {
    const relay = relayFor(core, request, peer);
    if (isRefused(relay)) return relay;
    grants.push({ relay, peer });
  }
  const fresh = new Set(
    grants.filter(({ relay, peer }) => !relay.permissions.has(peer)).map(({ peer }) => keyOf(peer)),
  );
  if (allocation.permissions + fresh.size > core.settings.permissionsPerAllocation) return refused('permission-limit');
  const effects: Effect[] = [];
  for (const { relay, peer } of grants) core.deadlines.wakeBy(allocation.timer, relay.permit(peer, now, effects));
  const answer = new Answer(request, request.seal);
  effects.push(answer.reply(answer.succeed()));
  return effects;
}

/** The peers' addresses; their ports play no part. Undefined: there is none, or one that is malformed. */
function peersOf(core: Core, view: MessageView): PeerAddress[] | undefined {
  const peers: PeerAddress[] = [];
  const peer = new AddressBuffer();
  for (let i = view.find(ATTRIBUTES.XorPeerAddress); i >= 0; i = view.find(ATTRIBUTES.XorPeerAddress, i + 1)) {
    if (!readPeer(core, view, i, peer)) return undefined;
    peers.push(withPort(peer, 0) as PeerAddress);
  }
  return peers.length === 0 ? undefined : peers;
}

/** The relay that leads to a peer, if the peer has its family (RFC 8656 §10.2, §12.2) and the operator lets it be reached. */
export function relayFor({ questions }: Core, request: AllocationRequest, peer: PeerAddress): Relay | Refused {
  const relay = request.allocation.relayOf(familyOf(peer));
  if (relay === undefined) return refused('peer-family-mismatch', { peer });
  const verdict = questions.peer(peer, request.credential.identity);
  return verdict === 'allowed' ? relay : refused('peer-denied', { peer, rule: verdict.deniedBy });
}
