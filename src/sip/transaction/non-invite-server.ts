import { type Millis, type SipRequest, type SipResponse, writeSipMessage } from '../../wire/index.ts';
import { Timer } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import { type Flow, isReliable } from '../flows.ts';
import { LONG } from './timers.ts';
import type { TransactionHost } from './transaction-host.ts';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Any other request that came in (RFC 3261 §17.2.2). It does not wait for ever: its sender gives up after 64 T1, and so does it. */
export class NonInviteServerTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly host: TransactionHost;
  state: NonInviteServerState = 'trying';
  #answer: Uint8Array | undefined;
  #over: Millis;
  readonly #timer = new Timer(now => this.#onDue(now));

  constructor(key: string, request: SipRequest, flow: Flow, host: TransactionHost, now: Millis) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.host = host;
    this.#over = now + 2 * LONG;
    host.deadlines.wakeBy(this.#timer, this.#over);
  }

  onRepeated(effects: SipEffect[]): void {
    if (this.#answer !== undefined) effects.push({ do: 'send', flow: this.flow.id, bytes: this.#answer });
  }

  respond(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    if (this.state === 'completed' || this.state === 'terminated') return;
    this.#answer = writeSipMessage(response);
    this.onRepeated(effects);
    this.state = response.status < 200 ? 'proceeding' : 'completed';
    if (this.state === 'proceeding') return;
    this.host.answered(this.request.method, response.status);
    // Timer J is 0 where nothing comes twice. pidgin-sipe needs it so: it repeats a challenged request with the same branch and CSeq.
    if (isReliable(this.flow)) {
      this.end();
      return;
    }
    this.#over = now + LONG;
    this.host.deadlines.wakeBy(this.#timer, this.#over);
  }

  end(): void {
    this.state = 'terminated';
    this.host.deadlines.remove(this.#timer);
    this.host.ended(this.key);
  }

  #onDue(now: Millis): void {
    if (now >= this.#over) this.end();
    else this.host.deadlines.wakeBy(this.#timer, this.#over);
  }
}
