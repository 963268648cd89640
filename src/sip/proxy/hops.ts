import type { Millis } from '../../wire/index.ts';
import type { SipEffect } from '../effects.ts';
import { type Flow, type FlowId, hopKey, type NextHop } from '../flows.ts';

/** Who waits for a next hop to be connected. */
export interface HopUser {
  onHopOpened(flow: Flow, now: Millis, effects: SipEffect[]): void;
  onHopFailed(now: Millis, effects: SipEffect[]): void;
}

/** One connection to each next hop, used by everybody (RFC 5923 in spirit), and who waits while it is being made. */
export class Hops {
  readonly #flows = new Map<string, Flow>();
  readonly #hops = new Map<FlowId, NextHop>();
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
    return this.#hops.get(id);
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
    else user.onHopFailed(now, effects);
  }

  onOpened(hop: NextHop, flow: Flow, now: Millis, effects: SipEffect[]): void {
    this.#flows.set(hopKey(hop), flow);
    this.#hops.set(flow.id, hop);
    for (const user of this.#taken(hop)) user.onHopOpened(flow, now, effects);
  }

  onFailed(hop: NextHop, now: Millis, effects: SipEffect[]): void {
    for (const user of this.#taken(hop)) user.onHopFailed(now, effects);
  }

  onFlowClosed(id: FlowId): void {
    const hop = this.#hops.get(id);
    if (hop === undefined) return;
    this.#hops.delete(id);
    if (this.#flows.get(hopKey(hop))?.id === id) this.#flows.delete(hopKey(hop));
  }

  #taken(hop: NextHop): HopUser[] {
    const waiting = this.#waiting.get(hopKey(hop)) ?? [];
    this.#waiting.delete(hopKey(hop));
    return waiting;
  }
}
