import { addUp, type Figures } from '../../control/index.ts';
import { clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Summary } from '../reporter.ts';
import type { Readiness } from '../self-test.ts';
import type { FromWorker, ReservationChange, StartOrder, ToWorker } from './messages.ts';
import { Restarts } from './restarts.ts';
import { WorkerProcess } from './worker-process.ts';

/** A scrape has to end before its caller gives up. */
const FIGURES_MILLIS = 2_000;
/** The self-test's own deadlines add up to less. */
const READINESS_MILLIS = 8_000;

export interface SeatEvents {
  /** What the next process starts with: read at each start, since certificates change and first uses add up. */
  order(): StartOrder;
  onQuotas(deeds: Extract<FromWorker, { say: 'quotas' }>['deeds']): void;
  onFirstUses(uses: Extract<FromWorker, { say: 'first-uses' }>['uses']): void;
  onReservation(change: ReservationChange): void;
  /** Its process is gone; another one will come. */
  onGone(): void;
}

/** A worker's place: its sockets, and the process that serves them at present. One that dies is replaced. */
export class WorkerSeat {
  readonly number: number;
  readonly #descriptors: readonly number[];
  readonly #events: SeatEvents;
  readonly #log: Logger;
  readonly #restarts = new Restarts();
  #process: WorkerProcess | undefined;
  #pause: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isServing = false;
  /** The counters of processes that have ended, and what the present one said last. */
  #past: Figures = [];
  #last: Figures | undefined;

  constructor(number: number, descriptors: readonly number[], events: SeatEvents, log: Logger) {
    this.number = number;
    this.#descriptors = descriptors;
    this.#events = events;
    this.#log = log;
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  get restarts(): number {
    return this.#restarts.count;
  }

  /** Resolves when its first process serves, rejects when that can't. */
  start(): Promise<void> {
    return this.#open().started;
  }

  send(message: ToWorker): void {
    this.#process?.send(message);
  }

  /** Those of all its processes. One that does not answer counts with what it said last. */
  async figures(): Promise<Figures[]> {
    const said = await this.#process?.ask('figures', FIGURES_MILLIS);
    if (said !== undefined) this.#last = said;
    return this.#last === undefined ? [this.#past] : [this.#past, this.#last];
  }

  async readiness(): Promise<Readiness> {
    const said = this.#isServing ? await this.#process?.ask('readiness', READINESS_MILLIS) : undefined;
    const why = this.#isServing ? 'gives no answer' : 'does not serve: it is being started';
    return said ?? { ready: false, checks: { self: why } };
  }

  async stop(withinMillis: number): Promise<Summary | undefined> {
    this.#isStopping = true;
    clearTimeout(this.#pause);
    return this.#process?.stop(withinMillis);
  }

  #open(): WorkerProcess {
    const startedAt = clock.now();
    const opened = new WorkerProcess(this.#events.order(), this.#descriptors, {
      onQuotas: ({ deeds }) => this.#events.onQuotas(deeds),
      onFirstUses: ({ uses }) => this.#events.onFirstUses(uses),
      onReservation: ({ change }) => this.#events.onReservation(change),
      onEnd: how => this.#onEnd(opened, clock.now() - startedAt, how),
    });
    this.#process = opened;
    opened.started.then(
      () => this.#onServing(opened),
      error => this.#onNoStart(error),
    );
    return opened;
  }

  #onServing({ pid, isOver }: WorkerProcess): void {
    this.#isServing = !isOver;
    this.#log.info({ worker: this.number, pid }, 'worker started');
  }

  #onNoStart(error: Error): void {
    if (!this.#isStopping) this.#log.error({ worker: this.number, reason: error.message }, 'worker did not start');
  }

  #onEnd(ended: WorkerProcess, lived: number, how: { code: number | null; signal: string | null }): void {
    this.#isServing = false;
    this.#events.onGone();
    if (this.#isStopping) return;
    if (this.#last !== undefined) this.#past = addUp(this.#past, this.#last);
    this.#last = undefined;
    const pause = this.#restarts.pauseAfter(lived);
    this.#log.error(
      { worker: this.number, pid: ended.pid, ...how, livedSeconds: Math.round(lived / 1000), restartInMillis: pause },
      'worker died: its allocations are lost, it is replaced',
    );
    if (pause === 0) this.#open();
    else this.#pause = setTimeout(() => this.#open(), pause);
  }
}
