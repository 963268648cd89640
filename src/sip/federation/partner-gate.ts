import type { Millis } from '../../wire/index.ts';
import type { SipRefused } from '../effects.ts';
import type { Flow, FlowId } from '../flows.ts';

interface Held {
  readonly flows: Set<FlowId>;
  tokens: number;
  at: Millis;
}

/** Keeps each partner within its limits, however many connections it has. What is kept is bounded by the allow-list. */
export class PartnerGate {
  readonly #held = new Map<string, Held>();
  readonly #transactionsOf: (flow: FlowId) => number;

  constructor(transactionsOf: (flow: FlowId) => number) {
    this.#transactionsOf = transactionsOf;
  }

  onFlowOpened({ id, partner: proven }: Flow): void {
    if (proven === undefined) return;
    const { name, limits } = proven.partner;
    const held = this.#held.get(name) ?? { flows: new Set(), tokens: limits.requestsPerSecond, at: 0 };
    held.flows.add(id);
    this.#held.set(name, held);
  }

  onFlowClosed({ id, partner: proven }: Flow): void {
    if (proven !== undefined) this.#held.get(proven.partner.name)?.flows.delete(id);
  }

  /** Every message counts: a second's worth may come at once. */
  onRequest({ partner: proven }: Flow, now: Millis): SipRefused | undefined {
    const held = proven && this.#held.get(proven.partner.name);
    if (held === undefined) return undefined;
    const most = proven!.partner.limits.requestsPerSecond;
    held.tokens = Math.min(most, held.tokens + ((now - held.at) / 1000) * most);
    held.at = now;
    if (held.tokens < 1) return 'partner-too-fast';
    held.tokens -= 1;
    return undefined;
  }

  /** Whether there is room for another transaction. */
  onTransaction({ partner: proven }: Flow): SipRefused | undefined {
    const held = proven && this.#held.get(proven.partner.name);
    if (held === undefined) return undefined;
    const open = [...held.flows].reduce((sum, flow) => sum + this.#transactionsOf(flow), 0);
    return open >= proven!.partner.limits.transactions ? 'partner-too-busy' : undefined;
  }
}
