import type { Millis } from '../../wire/index.ts';
import type { HopFailure, SipEffect } from '../effects.ts';
import { type Flow, type FlowId, hopKey, type NextHop } from '../flows.ts';

/** Who waits for a next hop to be connected. */
export interface HopUser {
  onHopOpened(flow: Flow, now: Millis, effects: SipEffect[]): void;
  onHopFailed(now: Millis, effects: SipEffect[], why: HopFailure): void;
}

/** One connection to each next hop, used by everybody (RFC 5923 in spirit), and who waits while it is being made. */
export class Hops {
  readonly #flows = new Map<string, Flow>();
  readonly #hops = new Map<FlowId, NextHop[]>();
  readonly #waiting = new Map<string, HopUser[]>();
  readonly #mostWaiting: number;

  constructor(mostWaiting: number) {
    this.#mostWaiting = mostWaiting;
  }

  flowTo(hop: NextHop): Flow | undefined {
    return this.#flows.get(hopKey(hop));
  }

  /** The hop a flow was opened to by us. */
  hopOf(id: FlowId): NextHop | undefined {
    return this.#hops.get(id)?.[0];
  }

  /** Told as soon as a flow leads there, which may be now. */
  use(hop: NextHop, user: HopUser, now: Millis, effects: SipEffect[]): void {
    const key = hopKey(hop);
    const flow = this.#flows.get(key);
    const waiting = this.#waiting.get(key);
    if (flow !== undefined) user.onHopOpened(flow, now, effects);
    else if (waiting === undefined) {
      this.#waiting.set(key, [user]);
      effects.push({ do: 'connect', hop });
    } else if (waiting.length < this.#mostWaiting) waiting.push(user);
    else user.onHopFailed(now, effects, 'hop-failed');
  }

  /** Whoever opened it: what goes to these hops may go by this flow (RFC 5923 §5). The newest is the one that is alive. */
  list(flow: Flow, ...hops: readonly NextHop[]): void {
    for (const hop of hops) this.#flows.set(hopKey(hop), flow);
    this.#hops.set(flow.id, [...(this.#hops.get(flow.id) ?? []), ...hops]);
  }

  onOpened(hop: NextHop, flow: Flow, now: Millis, effects: SipEffect[]): void {
    this.list(flow, hop);
    for (const user of this.#taken(hop)) user.onHopOpened(flow, now, effects);
  }

  onFailed(hop: NextHop, why: HopFailure, now: Millis, effects: SipEffect[]): void {
    for (const user of this.#taken(hop)) user.onHopFailed(now, effects, why);
  }

  onFlowClosed(id: FlowId): void {
    const hops = this.#hops.get(id) ?? [];
    this.#hops.delete(id);
    for (const key of hops.map(hopKey)) if (this.#flows.get(key)?.id === id) this.#flows.delete(key);
  }

  #taken(hop: NextHop): HopUser[] {
    const waiting = this.#waiting.get(hopKey(hop)) ?? [];
    this.#waiting.delete(hopKey(hop));
    return waiting;
  }
}
