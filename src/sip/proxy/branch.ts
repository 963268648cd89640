import type { Millis, SipRequest, SipResponse } from '../../wire/index.ts';
import { type Deadlines, Timer } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import type { Flow } from '../flows.ts';
import { cancelFor } from '../transaction/ack.ts';
import { LONG, TIMER_C } from '../transaction/timers.ts';
import type { ClientUser } from '../transaction/transaction-host.ts';
import type { ClientTransaction, Transactions } from '../transaction/transactions.ts';

/** What a branch tells its response context. */
export interface BranchUser {
  onBranchResponse(branch: Branch, response: SipResponse, now: Millis, effects: SipEffect[]): void;
  /** It ends without a response of anyone: `status` is what that amounts to. */
  onBranchFailed(branch: Branch, status: number, now: Millis, effects: SipEffect[], why: Headers): void;
}
type Headers = readonly (readonly [string, string])[];

const NOBODY: ClientUser = { onResponse() {}, onTimeout() {}, onUnreachable() {} };

/** One way a request has been sent on (RFC 3261 §16.6): its client transaction, Timer C and CANCEL. */
export class Branch implements ClientUser {
  /** Whether a final response, or what amounts to one, has been told. */
  isDone = false;
  /** Sends it by another connection: what was idle for long may be found dead only when it is used. Once, and if nothing was heard. */
  again: ((now: Millis, effects: SipEffect[]) => void) | undefined;
  readonly #user: BranchUser;
  readonly #transactions: Transactions;
  readonly #deadlines: Deadlines;
  /** What it amounts to when the flow fails: a user's own flow says that the user is not there. */
  readonly #unreachable: number;
  #client: ClientTransaction | undefined;
  #hasProvisional = false;
  #isCancelled = false;
  #until: Millis = Infinity;
  readonly #timer = new Timer((now, effects) => this.#onDue(now, effects));

  constructor(user: BranchUser, transactions: Transactions, deadlines: Deadlines, unreachable: number) {
    this.#user = user;
    this.#transactions = transactions;
    this.#deadlines = deadlines;
    this.#unreachable = unreachable;
  }

  send(request: SipRequest, flow: Flow, now: Millis, effects: SipEffect[]): void {
    if (this.isDone) return;
    this.#client = this.#transactions.send(request, flow, this, now, effects);
    if (request.method === 'INVITE') this.#wait(now + TIMER_C);
  }

  /** Takes it back: at once what has not left, by CANCEL what has been heard of, and else as soon as it is (RFC 3261 §9.1). */
  cancel(now: Millis, effects: SipEffect[]): void {
    if (this.isDone || this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.#client === undefined) this.#fail(487, now, effects);
    else if (this.#hasProvisional) this.#sendCancel(this.#client, now, effects);
  }

  onResponse(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    if (response.status >= 200) this.#done();
    else this.#onProvisional(response, now, effects);
    this.#user.onBranchResponse(this, response, now, effects);
  }

  onTimeout(now: Millis, effects: SipEffect[]): void {
    this.#fail(408, now, effects);
  }

  onUnreachable(now: Millis, effects: SipEffect[]): void {
    const { again } = this;
    this.again = undefined;
    if (again !== undefined && !this.#hasProvisional && !this.#isCancelled) {
      this.#client = undefined;
      again(now, effects);
      return;
    }
    this.#fail(this.#unreachable, now, effects);
  }

  /** `why` is for the headers of the answer. */
  fail(status: number, now: Millis, effects: SipEffect[], why: Headers = []): void {
    this.#fail(status, now, effects, why);
  }

  /** A 100 says that the next hop has it, no more: Timer C goes on (RFC 3261 §16.7, step 2). */
  #onProvisional({ status }: SipResponse, now: Millis, effects: SipEffect[]): void {
    const isFirst = !this.#hasProvisional;
    this.#hasProvisional = true;
    if (this.#isCancelled && isFirst) this.#sendCancel(this.#client!, now, effects);
    else if (status > 100 && !this.#isCancelled && this.#until !== Infinity) this.#until = now + TIMER_C;
  }

  #sendCancel({ request, flow }: ClientTransaction, now: Millis, effects: SipEffect[]): void {
    if (request.method !== 'INVITE') return;
    this.#transactions.send(cancelFor(request), flow, NOBODY, now, effects);
    this.#wait(now + LONG); // who does not answer then, never will (RFC 3261 §9.1)
  }

  #onDue(now: Millis, effects: SipEffect[]): void {
    if (this.isDone) return;
    if (now < this.#until) this.#wait(this.#until);
    else if (this.#hasProvisional && !this.#isCancelled)
      this.cancel(now, effects); // Timer C (RFC 3261 §16.8)
    else {
      this.#client?.end();
      this.#fail(408, now, effects);
    }
  }

  #fail(status: number, now: Millis, effects: SipEffect[], why: Headers = []): void {
    if (this.isDone) return;
    this.#done();
    this.#user.onBranchFailed(this, status, now, effects, why);
  }

  #done(): void {
    this.isDone = true;
    this.#deadlines.remove(this.#timer);
  }

  #wait(until: Millis): void {
    this.#until = until;
    this.#deadlines.wakeBy(this.#timer, until);
  }
}
