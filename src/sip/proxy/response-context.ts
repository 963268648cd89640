import { type Millis, respond, type SipResponse } from '../../wire/index.ts';
import type { SipEffect } from '../effects.ts';
import type { ServerTransaction } from '../transaction/transactions.ts';
import { bestResponse } from './best-response.ts';
import type { Branch, BranchUser } from './branch.ts';
import { returningResponse } from './forwarding.ts';

/** What becomes of one request that was sent on, in one way or several (RFC 3261 §16.2: the response context). */
export class ResponseContext implements BranchUser {
  readonly server: ServerTransaction;
  readonly #tag: string;
  readonly #onOver: (context: ResponseContext) => void;
  readonly #branches: Branch[] = [];
  readonly #finals: SipResponse[] = [];
  #isAnswered = false;
  #isOver = false;

  constructor(server: ServerTransaction, tag: string, onOver: (context: ResponseContext) => void) {
    this.server = server;
    this.#tag = tag;
    this.#onOver = onOver;
  }

  /** All branches are known before the first is sent: one that fails at once is not the last. */
  add(branch: Branch): void {
    this.#branches.push(branch);
  }

  /** Its sender takes it back, or is gone. */
  cancel(now: Millis, effects: SipEffect[]): void {
    for (const branch of this.#branches) branch.cancel(now, effects);
  }

  onBranchResponse(_: Branch, response: SipResponse, now: Millis, effects: SipEffect[]): void {
    const returning = returningResponse(response);
    if (returning === undefined || response.status === 100) return;
    if (response.status < 200) {
      if (!this.#isAnswered) this.server.respond(returning, now, effects);
      return;
    }
    if (response.status < 300) this.#succeed(returning, now, effects);
    else {
      this.#finals.push(returning);
      if (response.status >= 600) this.cancel(now, effects); // nobody else is to be asked (RFC 3261 §16.7, step 5)
    }
    this.#look(now, effects);
  }

  onBranchFailed(
    _: Branch,
    status: number,
    now: Millis,
    effects: SipEffect[],
    why: readonly (readonly [string, string])[],
  ): void {
    const response = respond(this.server.request, status, this.#tag);
    for (const [name, value] of why) response.headers.add(name, value);
    this.#finals.push(response);
    this.#look(now, effects);
  }

  /** A success goes back at once, and so does every further one of an INVITE; what else is under way is taken back. */
  #succeed(response: SipResponse, now: Millis, effects: SipEffect[]): void {
    const isInvite = this.server.request.method === 'INVITE';
    if (!this.#isAnswered || isInvite) this.server.respond(response, now, effects);
    this.#isAnswered = true;
    this.cancel(now, effects);
  }

  #look(now: Millis, effects: SipEffect[]): void {
    if (this.#isOver || this.#branches.some(({ isDone }) => !isDone)) return;
    this.#isOver = true;
    if (!this.#isAnswered) this.#answerBest(now, effects);
    this.#onOver(this);
  }

  #answerBest(now: Millis, effects: SipEffect[]): void {
    this.#isAnswered = true;
    const best = bestResponse(this.#finals);
    const { request } = this.server;
    // its sender has given up as we have; saying so would cross its own timeout (RFC 4320 §4.2)
    if (best === undefined || (best.status === 408 && request.method !== 'INVITE')) this.server.end();
    // 503 would keep the caller away from us, who are well (RFC 3261 §16.7, step 6)
    else this.server.respond(best.status === 503 ? respond(request, 500, this.#tag) : best, now, effects);
  }
}
