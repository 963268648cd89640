import type { ClientId, Family, IpAddress, Millis, RelayAddress, RelayTransport } from '../wire/index.ts';
import { Allocation } from './allocation.ts';
import type { Core } from './core.ts';
import { type Effect, REFUSALS, type Refusal } from './effects.ts';
import { failAllocation, onAllocationDue } from './ending.ts';
import { grantedUntil, secondsLeft } from './lifetime.ts';
import type { MsSession } from './ms/session.ts';
import type { Client, Credential, QuotaRefusal } from './questions.ts';
import { Relay } from './relay.ts';
import { type Refused, refused } from './request.ts';
import type { Reservation } from './reservation.ts';

/** Why a relay that was asked for is not there. */
export type RelayFailure = 'no-ports' | 'port-taken' | 'denied' | QuotaRefusal;

/** Which relay sockets an Allocate comes to, once all its attributes have been checked. */
export interface Wish {
  readonly families: readonly { readonly family: Family; readonly ip: IpAddress }[];
  /** The family of a dual allocation that this edge does not have. */
  readonly missing: Family | undefined;
  readonly transport: RelayTransport;
  readonly port: 'any' | 'even' | 'even-and-next';
  readonly reservation: { readonly token: Uint8Array; readonly held: Reservation } | undefined;
  readonly dontFragment: boolean;
  readonly lifetimeSeconds: number | undefined;
}

/** An allocation on its way: its client hears of it only when its sockets exist, so nobody holds an address where nobody listens. */
export interface Opening {
  readonly wish: Wish;
  readonly failed: Map<Family, Refusal>;
  reservedPort: number | undefined;
}

/** What an Allocate is granted once its relays are open. */
export interface Granted {
  readonly lifetimeSeconds: number;
  readonly failed: ReadonlyMap<Family, Refusal>;
  readonly reservationToken: Uint8Array | undefined;
}

/** The envelope of the answer to an Allocate, in whatever dialect it was asked. It is kept until the relays are open. */
export interface AllocateAnswer {
  readonly client: ClientId;
  /** What only the Microsoft dialect keeps of its clients. */
  readonly microsoft: MsSession | undefined;
  success(allocation: Allocation, granted: Granted): Uint8Array;
  refusal(why: Refused): readonly Effect[];
  reply(bytes: Uint8Array): Effect;
}

/** An Allocate of a user. */
export interface Asked {
  readonly client: Client;
  readonly credential: Credential;
  readonly now: Millis;
  readonly answer: AllocateAnswer;
}

/** Asks for the relays. The quota is taken before anything is opened, so a burst of requests cannot outrun it. */
export function beginAllocation(core: Core, asked: Asked, wish: Wish): Effect[] | Refused {
  const { client, credential, now, answer } = asked;
  const quota = core.questions.reserve(credential.identity, client);
  if (quota !== 'reserved') return refused(quota);
  if (wish.reservation !== undefined) core.reservations.claim(wish.reservation.token);
  const until = grantedUntil(core.settings, credential, wish.transport, wish.lifetimeSeconds, now);
  const newRelay = (family: Family, ip: IpAddress) =>
    new Relay(core.allocations.freshRelay(), family, ip, wish.transport, until);
  const relays = wish.families.map(({ family, ip }) => newRelay(family, ip));
  const failed = new Map<Family, Refusal>();
  if (wish.missing !== undefined) failed.set(wish.missing, 'unsupported-family');
  const opening: Opening = { wish, failed, reservedPort: undefined };
  const allocation = new Allocation(client, credential, relays, answer, opening, now, (due, when, effects) =>
    onAllocationDue(core, due, when, effects),
  );
  core.allocations.add(allocation);
  core.deadlines.wakeBy(allocation.timer, until);
  const port = wish.reservation === undefined ? wish.port : { reserved: wish.reservation.held.port };
  const { dontFragment, transport } = wish;
  const shared = { client: client.id, port, dontFragment, transport };
  const mostConnections = core.settings.connectionsPerAllocation;
  return relays.map(({ id, ip }) => ({ do: 'open-relay', relay: id, ip, mostConnections, ...shared }));
}

export function relayOpened(
  core: Core,
  allocation: Allocation,
  relay: Relay,
  address: RelayAddress,
  reservedPort: number | undefined,
  now: Millis,
): Effect[] {
  const { opening } = allocation;
  if (opening === undefined || relay.state !== 'opening') return [];
  relay.opened(core.questions.advertised(address));
  opening.reservedPort = reservedPort;
  const lacksNext = opening.wish.port === 'even-and-next' && reservedPort === undefined;
  if (lacksNext) opening.failed.set(relay.family, 'no-ports'); // RFC 8656 §7.2
  return settle(core, allocation, opening, now);
}

export function relayFailed(
  core: Core,
  allocation: Allocation,
  relay: Relay,
  why: RelayFailure,
  now: Millis,
): Effect[] {
  const { opening } = allocation;
  if (opening === undefined || relay.state !== 'opening') return [];
  relay.state = 'closed';
  opening.failed.set(relay.family, refusalOf(why, opening.wish.reservation !== undefined));
  return settle(core, allocation, opening, now);
}

function refusalOf(why: RelayFailure, reserved: boolean): Refusal {
  if (why === 'port-taken') return reserved ? 'reservation-unknown' : 'relay-failed';
  return why === 'denied' ? 'relay-failed' : why;
}

/** Answers the Allocate once every relay has been opened or refused. Part of what was asked is a success (RFC 8656 §7.2). */
function settle(core: Core, allocation: Allocation, opening: Opening, now: Millis): Effect[] {
  if (allocation.relays.some(relay => relay.state === 'opening')) return [];
  const effects: Effect[] = [];
  const usable = allocation.open.filter(relay => !opening.failed.has(relay.family));
  if (usable.length > 0) succeed(core, allocation, opening, now, effects);
  else failAllocation(core, allocation, worst(opening), effects);
  return effects;
}

/** A quota speaks of the whole allocation; a socket that could not be had says more than a family nobody offers. */
function worst({ failed }: Opening): Refusal {
  const reasons = [...failed.values()];
  const withCode = (code: number) => reasons.find(reason => REFUSALS[reason] === code);
  return withCode(486) ?? withCode(508) ?? reasons[0] ?? 'relay-failed';
}

function succeed(core: Core, allocation: Allocation, opening: Opening, now: Millis, effects: Effect[]): void {
  const { credential, answer } = allocation;
  const { lifetimeSeconds: asked, transport } = opening.wish;
  const until = grantedUntil(core.settings, credential, transport, asked, now);
  // Later than what the timer was set to at the request: it will look again.
  for (const relay of allocation.open) relay.until = until;
  const reservationToken = reserveNext(core, allocation, opening, now);
  allocation.opening = undefined;
  const granted = { lifetimeSeconds: secondsLeft(until, now), failed: opening.failed, reservationToken };
  const success = answer.success(allocation, granted);
  allocation.answered = success.slice(); // kept for as long as the allocation
  effects.push(answer.reply(success));
}

/** The token for the port held back beside this relay's, if EVEN-PORT asked for one. */
function reserveNext(core: Core, allocation: Allocation, opening: Opening, now: Millis): Uint8Array | undefined {
  const [relay] = allocation.open;
  const port = opening.reservedPort;
  if (opening.wish.port !== 'even-and-next' || port === undefined || relay === undefined) return undefined;
  const token = core.settings.randomBytes(8);
  core.reservations.hold(token, { identity: allocation.credential.identity, ip: relay.ip, port }, now);
  return token;
}
