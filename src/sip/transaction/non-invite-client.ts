import { type Millis, type SipRequest, type SipResponse, writeSipMessage } from '../../wire/index.ts';
import { Timer } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import { type Flow, isReliable } from '../flows.ts';
import { LONG, T1, T2, T4 } from './timers.ts';
import type { ClientUser, TransactionHost } from './transaction-host.ts';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Any other request of ours on its way (RFC 3261 §17.1.2). */
export class NonInviteClientTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly user: ClientUser;
  readonly host: TransactionHost;
  state: NonInviteClientState = 'trying';
  readonly #bytes: Uint8Array;
  #interval = T1;
  #timerE: Millis = Infinity;
  /** F or K. */
  #over: Millis = Infinity;
  readonly #timer = new Timer((now, effects) => this.#onDue(now, effects));

  constructor(key: string, request: SipRequest, flow: Flow, user: ClientUser, host: TransactionHost) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.user = user;
    this.host = host;
    this.#bytes = writeSipMessage(request);
  }

  start(now: Millis, effects: SipEffect[]): void {
    this.#send(effects);
    this.#timerE = isReliable(this.flow) ? Infinity : now + T1;
    this.#over = now + LONG;
    this.#wake();
  }

  onResponse(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    if (this.state !== 'trying' && this.state !== 'proceeding') return;
    if (response.status < 200) {
      this.state = 'proceeding';
      this.#interval = T2;
    } else this.#complete(now);
    this.user.onResponse(response, now, effects);
  }

  onFlowGone(now: Millis, effects: SipEffect[]): void {
    const isWaiting = this.state === 'trying' || this.state === 'proceeding';
    this.end();
    if (isWaiting) this.user.onUnreachable(now, effects);
  }

  end(): void {
    this.state = 'terminated';
    this.host.deadlines.remove(this.#timer);
    this.host.ended(this.key);
  }

  #complete(now: Millis): void {
    this.state = 'completed';
    this.#timerE = Infinity;
    this.#over = now + (isReliable(this.flow) ? 0 : T4);
    if (this.#over === now) this.end();
    else this.#wake();
  }

  #onDue(now: Millis, effects: SipEffect[]): void {
    if (now >= this.#over) {
      this.#expire(now, effects);
      return;
    }
    if (now >= this.#timerE) {
      this.#send(effects);
      this.#interval = Math.min(2 * this.#interval, T2);
      this.#timerE = now + this.#interval;
    }
    this.#wake();
  }

  #expire(now: Millis, effects: SipEffect[]): void {
    const hasTimedOut = this.state !== 'completed';
    this.end();
    if (hasTimedOut) this.user.onTimeout(now, effects);
  }

  #wake(): void {
    this.host.deadlines.wakeBy(this.#timer, Math.min(this.#timerE, this.#over));
  }

  #send(effects: SipEffect[]): void {
    effects.push({ do: 'send', flow: this.flow.id, bytes: this.#bytes });
  }
}
