import { OperatorError } from '../../control/index.ts';
import type { FirstUse } from '../../credentials/index.ts';
import type { FromWorker, ReservationChange } from '../supervisor/messages.ts';

/** How long a child may take to close when nobody waits for it any more. */
const LEAVE_MILLIS = 1_000;

/** A child's end of the pipe to its supervisor, who says `Told`. What is said often goes together, once per turn of the event loop. */
export class SupervisorLink<Told> {
  #deeds: (number | string)[] = [];
  #uses: FirstUse[] = [];
  #isFlushDue = false;

  /** `close` ends everything: the supervisor is gone, and its successor wants the ports. */
  listen(onMessage: (message: Told) => void, close: () => Promise<unknown> | undefined): void {
    // a terminal and a service manager send these to all: the supervisor tells what to do
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
    process.on('message', message => onMessage(message as Told));
    process.once('disconnect', () => void leave(close));
  }

  /** Ends the child with what its operator should know; whatever else went wrong is our own mistake. */
  async refuse(error: unknown): Promise<never> {
    if (!(error instanceof OperatorError)) throw error;
    const { code, message, remedy } = error;
    await this.say({ say: 'refused', code, message, remedy });
    process.exit(1);
  }

  /** Resolves when it is on its way. A supervisor that is gone hears nothing, which is no error. */
  say(message: FromWorker): Promise<void> {
    return new Promise(resolve => {
      if (process.connected) process.send?.(message, () => resolve());
      else resolve();
    });
  }

  sayDeed(...deed: (number | string)[]): void {
    this.#deeds.push(...deed);
    this.#flushSoon();
  }

  sayFirstUse(use: FirstUse): void {
    this.#uses.push(use);
    this.#flushSoon();
  }

  /** Without a word when it is on its way. */
  #sayLightly(message: FromWorker): void {
    if (process.connected) process.send?.(message, undefined, undefined, ignored);
  }

  /** At once: others are told before the client is. */
  sayReservation(change: ReservationChange): void {
    this.#sayLightly({ say: 'reservation', change });
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const [deeds, uses] = [this.#deeds, this.#uses];
    if (deeds.length > 0) this.#sayLightly({ say: 'quotas', deeds });
    if (uses.length > 0) this.#sayLightly({ say: 'first-uses', uses });
    this.#deeds = [];
    this.#uses = [];
  }
}

async function leave(close: () => Promise<unknown> | undefined): Promise<void> {
  setTimeout(() => process.exit(1), LEAVE_MILLIS);
  await close();
  process.exit(1);
}

/** A pipe that has just closed is told of by 'disconnect'. */
function ignored(): void {}
