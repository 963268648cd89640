import type { Millis } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import type { Core } from './core.ts';
import type { Effect, EndReason, Refusal } from './effects.ts';
import { grantedUntil } from './lifetime.ts';
import type { Relay } from './relay.ts';
import { refused } from './request.ts';
import { release } from './reservation.ts';

/**
 * Ends an allocation: its relays are closed, its quota is given back, its record is written. One that has not been answered yet
 * leaves no record, because its client never had it.
 */
export function endAllocation(
  core: Core,
  allocation: Allocation,
  reason: EndReason,
  now: Millis,
  effects: Effect[],
): void {
  forget(core, allocation, effects);
  if (allocation.opening === undefined)
    effects.push({ do: 'allocation-ended', allocation: allocation.record(reason, now) });
}

/** The error to an Allocate that came to nothing. It leaves before the relays are closed: the client is only known while one is open. */
export function failAllocation(core: Core, allocation: Allocation, refusal: Refusal, effects: Effect[]): void {
  effects.push(...allocation.answer.refusal(refused(refusal)));
  forget(core, allocation, effects);
}

/** Connections with peers, and those of the client that are joined with them, close with their relay (RFC 6062 §5.5). */
export function closeRelay(core: Core, relay: Relay, effects: Effect[]): void {
  core.connections.forgetAllOf(relay);
  relay.close(effects);
}

/** Everything but the record. The quota is given back here and nowhere else. */
function forget(core: Core, allocation: Allocation, effects: Effect[]): void {
  for (const relay of allocation.relays) closeRelay(core, relay, effects);
  const reservation = allocation.opening?.wish.reservation;
  // The relay that claimed it may not have come as far as taking the port.
  if (reservation !== undefined) effects.push(release(reservation.held));
  core.deadlines.remove(allocation.timer);
  core.allocations.remove(allocation);
  core.questions.release(allocation.credential.identity, allocation.client);
}

/** What has lapsed in an allocation is taken back; relays end one by one, and with the last of them the allocation. */
export function onAllocationDue(core: Core, allocation: Allocation, now: Millis, effects: Effect[]): void {
  if (allocation.opening === undefined) lapse(core, allocation, now, effects);
  else failAllocation(core, allocation, 'relay-failed', effects);
}

function lapse(core: Core, allocation: Allocation, now: Millis, effects: Effect[]): void {
  prolong(core, allocation, now);
  for (const relay of allocation.open) {
    if (now >= relay.until) closeRelay(core, relay, effects);
    else relay.lapse(now, effects);
  }
  if (allocation.open.length > 0) {
    core.deadlines.wakeBy(allocation.timer, allocation.earliest());
    return;
  }
  const isIdle = allocation.transport === 'tcp-packets';
  const isOver = now >= allocation.credential.expiresAt;
  const reason = isOver ? 'credential-expired' : isIdle ? 'idle' : 'expired';
  endAllocation(core, allocation, reason, now, effects);
}

/** A client of the Microsoft dialect on a stream need not refresh: it is asked what its relay has carried since it was last looked at. */
function prolong({ settings, sink }: Core, { microsoft, credential, transport, open }: Allocation, now: Millis): void {
  if (microsoft === undefined || transport !== 'tcp-packets') return;
  for (const relay of open) {
    const { toPeers, toClients } = sink.trafficOf(relay.id);
    const carried = toPeers.datagrams + toClients.datagrams;
    if (now < relay.until || carried === microsoft.carried) continue;
    microsoft.carried = carried;
    relay.until = grantedUntil(settings, credential, transport, undefined, now);
  }
}
