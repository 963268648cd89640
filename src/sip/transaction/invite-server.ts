import { type Millis, type SipRequest, type SipResponse, writeSipMessage } from '../../wire/index.ts';
import { Timer } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import { type Flow, isReliable } from '../flows.ts';
import { LONG, T1, T2, T4 } from './timers.ts';
import type { TransactionHost } from './transaction-host.ts';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

/** An INVITE that came in (RFC 3261 §17.2.1), with the Accepted state of RFC 6026 §7.1. */
export class InviteServerTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly host: TransactionHost;
  state: InviteServerState = 'proceeding';
  /** What answered last: said again when the INVITE comes again. */
  #answer: Uint8Array | undefined;
  #interval = T1;
  #timerG: Millis = Infinity;
  /** H, I or L: when this state is over. */
  #over: Millis = Infinity;
  readonly #timer = new Timer((now, effects) => this.#onDue(now, effects));

  constructor(key: string, request: SipRequest, flow: Flow, host: TransactionHost) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.host = host;
  }

  onRepeated(effects: SipEffect[]): void {
    const isAnswered = this.state === 'proceeding' || this.state === 'completed';
    if (isAnswered && this.#answer !== undefined) this.#send(this.#answer, effects);
  }

  respond(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    const isLate2xx = this.state === 'accepted' && is2xx(response);
    if (this.state !== 'proceeding' && !isLate2xx) return;
    const bytes = writeSipMessage(response);
    this.#send(bytes, effects);
    if (isLate2xx) return; // further ones are passed on, each for itself (RFC 6026 §7.1)
    if (response.status >= 200) this.host.answered('INVITE', response.status);
    if (response.status < 200) this.#answer = bytes;
    else if (is2xx(response)) this.#enter('accepted', now + LONG);
    else this.#complete(bytes, now);
  }

  /** True when the ACK is not for us but for whoever said 2xx: it goes on to them. */
  onAck(now: Millis): boolean {
    if (this.state === 'accepted') return true;
    if (this.state === 'completed') this.#enter('confirmed', now + (isReliable(this.flow) ? 0 : T4));
    return false;
  }

  /** Ended without a word, because nobody is there to hear it. */
  end(): void {
    this.state = 'terminated';
    this.host.deadlines.remove(this.#timer);
    this.host.ended(this.key);
  }

  #complete(bytes: Uint8Array, now: Millis): void {
    this.#answer = bytes;
    this.#timerG = isReliable(this.flow) ? Infinity : now + T1;
    this.#enter('completed', now + LONG); // Timer H: an ACK that never comes (pidgin-sipe sends none for a rejected IM)
  }

  #enter(state: InviteServerState, over: Millis): void {
    this.state = state;
    this.#over = over;
    if (state !== 'completed') this.#timerG = Infinity;
    this.#wake();
  }

  #onDue(now: Millis, effects: SipEffect[]): void {
    if (now >= this.#over) {
      this.end();
      return;
    }
    if (now >= this.#timerG) {
      this.#send(this.#answer!, effects);
      this.#interval = Math.min(2 * this.#interval, T2);
      this.#timerG = now + this.#interval;
    }
    this.#wake();
  }

  #wake(): void {
    this.host.deadlines.wakeBy(this.#timer, Math.min(this.#timerG, this.#over));
  }

  #send(bytes: Uint8Array, effects: SipEffect[]): void {
    effects.push({ do: 'send', flow: this.flow.id, bytes });
  }
}

function is2xx({ status }: SipResponse): boolean {
  return status >= 200 && status < 300;
}
