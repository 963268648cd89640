import { type Millis, type SipRequest, type SipResponse, writeSipMessage } from '../../wire/index.ts';
import { Timer } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import { type Flow, isReliable } from '../flows.ts';
import { ackFor } from './ack.ts';
import { LONG, T1, TIMER_D } from './timers.ts';
import type { ClientUser, TransactionHost } from './transaction-host.ts';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/** An INVITE of ours on its way (RFC 3261 §17.1.1), with the Accepted state of RFC 6026 §7.2. */
export class InviteClientTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly user: ClientUser;
  readonly host: TransactionHost;
  state: InviteClientState = 'calling';
  readonly #bytes: Uint8Array;
  #interval = T1;
  #timerA: Millis = Infinity;
  /** B, D or M. In Proceeding nothing limits the wait but Timer C, which its user keeps. */
  #over: Millis = Infinity;
  #ack: Uint8Array | undefined;
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
    this.#send(this.#bytes, effects);
    this.#timerA = isReliable(this.flow) ? Infinity : now + T1;
    this.#over = now + LONG;
    this.#wake();
  }

  onResponse(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    const isFinal = response.status >= 200;
    const isSuccess = isFinal && response.status < 300;
    if (this.state === 'accepted' && isSuccess) this.user.onResponse(response, now, effects);
    if (this.state === 'completed' && isFinal && !isSuccess) this.#send(this.#ack!, effects);
    if (this.state !== 'calling' && this.state !== 'proceeding') return;
    if (!isFinal) this.#enter('proceeding', Infinity);
    else if (isSuccess) this.#enter('accepted', now + LONG);
    else this.#complete(response, now, effects);
    this.user.onResponse(response, now, effects);
  }

  onFlowGone(now: Millis, effects: SipEffect[]): void {
    const isWaiting = this.state === 'calling' || this.state === 'proceeding';
    this.end();
    if (isWaiting) this.user.onUnreachable(now, effects);
  }

  end(): void {
    this.state = 'terminated';
    this.host.deadlines.remove(this.#timer);
    this.host.ended(this.key);
  }

  #complete(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    this.#ack = writeSipMessage(ackFor(this.request, response));
    this.#send(this.#ack, effects);
    this.#enter('completed', now + (isReliable(this.flow) ? 0 : TIMER_D));
  }

  #enter(state: InviteClientState, over: Millis): void {
    this.state = state;
    this.#timerA = Infinity;
    this.#over = over;
    this.#wake();
  }

  #onDue(now: Millis, effects: SipEffect[]): void {
    if (now >= this.#over) {
      this.#expire(now, effects);
      return;
    }
    if (now >= this.#timerA) {
      this.#send(this.#bytes, effects);
      this.#interval *= 2;
      this.#timerA = now + this.#interval;
    }
    this.#wake();
  }

  #expire(now: Millis, effects: SipEffect[]): void {
    const hasTimedOut = this.state === 'calling';
    this.end();
    if (hasTimedOut) this.user.onTimeout(now, effects);
  }

  #wake(): void {
    this.host.deadlines.wakeBy(this.#timer, Math.min(this.#timerA, this.#over));
  }

  #send(bytes: Uint8Array, effects: SipEffect[]): void {
    effects.push({ do: 'send', flow: this.flow.id, bytes });
  }
}
