import { ATTRIBUTES, type MessageView, readFamily, readLifetime } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import { closeRelay, endAllocation } from './ending.ts';
import { grantedUntil, secondsLeft } from './lifetime.ts';
import type { Relay } from './relay.ts';
import { type AllocationRequest, isRefused, type Refused, refused } from './request.ts';

/** Refresh (RFC 8656 §8.2): prolongs or ends an allocation, or one family of a dual one. */
export function onRefresh(core: Core, request: AllocationRequest): readonly Effect[] | Refused {
  const { view, allocation, credential, now } = request;
  const asked = readLifetime(view, view.find(ATTRIBUTES.Lifetime));
  if (view.has(ATTRIBUTES.Lifetime) && asked === undefined) return refused('bad-request');
  const relays = relaysMeant(view, allocation);
  if (isRefused(relays)) return relays;
  if (asked === 0) return close(core, request, relays);
  const until = grantedUntil(core.settings, credential, allocation.transport, asked, now);
  for (const relay of relays) relay.until = until;
  core.deadlines.wakeBy(allocation.timer, until);
  return [reply(request, secondsLeft(until, now))];
}

/** All relays, or the one whose family is named. */
function relaysMeant(view: MessageView, allocation: Allocation): readonly Relay[] | Refused {
  const index = view.find(ATTRIBUTES.RequestedAddressFamily);
  if (index < 0) return allocation.open;
  const family = readFamily(view, index);
  if (family === undefined) return refused('bad-request');
  const relay = family === 'unsupported' ? undefined : allocation.relayOf(family);
  return relay === undefined ? refused('peer-family-mismatch') : [relay];
}

/** The success leaves first: with its last relay the client is forgotten. */
function close(core: Core, request: AllocationRequest, relays: readonly Relay[]): readonly Effect[] {
  const { allocation, now } = request;
  const effects: Effect[] = [reply(request, 0)];
  if (relays.length === allocation.open.length) endAllocation(core, allocation, 'refreshed-to-zero', now, effects);
  else for (const relay of relays) closeRelay(core, relay, effects);
  return effects;
}

function reply(request: AllocationRequest, seconds: number): Effect {
  const answer = new Answer(request, request.seal);
  return answer.reply(answer.succeed(w => w.uint32(ATTRIBUTES.Lifetime, seconds)));
}
