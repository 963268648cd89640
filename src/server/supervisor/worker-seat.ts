import type { AccessInfo } from '../../control/http/index.ts';
import { addUp, type Figures } from '../../control/index.ts';
import { clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type Summary, sumOf } from '../reporter.ts';
import type { Readiness } from '../self-test.ts';
import { Heartbeat } from './heartbeat.ts';
import type { AccessOrder, FromWorker, ReservationChange, StartOrder, ToWorker } from './messages.ts';
import { Restarts } from './restarts.ts';
import { type WorkerMeans, WorkerProcess } from './worker-process.ts';

/** A scrape has to end before its caller gives up. */
const FIGURES_MILLIS = 2_000;
/** A worker that was started and does not serve by then never will. */
const START_MILLIS = 30_000;
/** An answer that comes later has been missed already. */
const PULSE_MILLIS = 10_000;
/** The self-test's own deadlines add up to less. */
const READINESS_MILLIS = 8_000;

export interface SeatEvents {
  /** What the next process starts with: read at each start, since certificates change and first uses add up. */
  order(): StartOrder | AccessOrder;
  onQuotas(deeds: Extract<FromWorker, { say: 'quotas' }>['deeds']): void;
  onFirstUses(uses: Extract<FromWorker, { say: 'first-uses' }>['uses']): void;
  onReservation(change: ReservationChange): void;
  onAccess(info: AccessInfo): void;
  /** Its process is gone; another one will come. */
  onGone(): void;
}

/** What sits in a seat, for log lines. */
export interface Occupant {
  readonly noun: 'worker' | 'access edge';
  /** Among several of a kind. */
  readonly about: { readonly worker?: number };
  readonly lost: string;
}

/** A worker's place: its sockets, and the process that serves them at present. One that dies is replaced. */
export class WorkerSeat {
  readonly #occupant: Occupant;
  readonly #means: WorkerMeans;
  readonly #events: SeatEvents;
  readonly #log: Logger;
  readonly #restarts = new Restarts();
  #process: WorkerProcess | undefined;
  #pause: NodeJS.Timeout | undefined;
  #startDeadline: NodeJS.Timeout | undefined;
  #heartbeat: Heartbeat | undefined;
  #isStopping = false;
  #isServing = false;
  /** The counters of processes that have ended, and what the present one said last. */
  #past: Figures = [];
  #last: Figures | undefined;
  /** The same for the summary at the end. */
  #done = sumOf([]);
  #pulse: Summary | undefined;

  constructor(occupant: Occupant, means: WorkerMeans, events: SeatEvents, log: Logger) {
    this.#occupant = occupant;
    this.#means = means;
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
    const why = this.#isServing ? 'gives no answer' : 'does not serve: it is being started';
    const said = this.#isServing ? await this.#process?.ask('readiness', READINESS_MILLIS) : undefined;
    return said ?? { ready: false, checks: { self: why } };
  }

  /** What all its processes did; of one that could not say so at its end, what it said last. */
  async stop(withinMillis: number): Promise<Summary> {
    this.#isStopping = true;
    clearTimeout(this.#pause);
    this.#heartbeat?.stop();
    const last = (await this.#process?.stop(withinMillis)) ?? this.#pulse;
    return sumOf(last === undefined ? [this.#done] : [this.#done, last]);
  }

  #open(): WorkerProcess {
    const startedAt = clock.now();
    const opened = new WorkerProcess(this.#events.order(), this.#means, {
      onQuotas: ({ deeds }) => this.#events.onQuotas(deeds),
      onFirstUses: ({ uses }) => this.#events.onFirstUses(uses),
      onReservation: ({ change }) => this.#events.onReservation(change),
      onAccess: ({ info }) => this.#events.onAccess(info),
      onEnd: how => this.#onEnd(opened, clock.now() - startedAt, how),
    });
    this.#process = opened;
    this.#startDeadline = setTimeout(() => this.#end(opened, 'it does not come to serve'), START_MILLIS);
    opened.started.then(
      () => this.#onServing(opened),
      error => this.#onNoStart(error),
    );
    return opened;
  }

  #onServing(serving: WorkerProcess): void {
    const { pid, isOver } = serving;
    clearTimeout(this.#startDeadline);
    this.#isServing = !isOver;
    const { noun, about } = this.#occupant;
    this.#log.info({ ...about, pid }, `${noun} started`);
    if (isOver || this.#isStopping) return;
    this.#heartbeat = new Heartbeat(
      () => this.#isAlive(serving),
      () => this.#end(serving, 'it hangs'),
    );
  }

  async #isAlive(serving: WorkerProcess): Promise<boolean> {
    const pulse = await serving.ask('pulse', PULSE_MILLIS);
    if (pulse !== undefined && serving === this.#process) this.#pulse = pulse;
    return pulse !== undefined;
  }

  /** Its end is told of like any other, and it is replaced. */
  #end(process: WorkerProcess, reason: string): void {
    const { noun, about } = this.#occupant;
    this.#log.error({ ...about, pid: process.pid, reason }, `${noun} is killed`);
    process.kill();
  }

  #onNoStart(error: Error): void {
    const { noun, about } = this.#occupant;
    if (!this.#isStopping) this.#log.error({ ...about, reason: error.message }, `${noun} did not start`);
  }

  #onEnd(ended: WorkerProcess, lived: number, how: { code: number | null; signal: string | null }): void {
    this.#isServing = false;
    clearTimeout(this.#startDeadline);
    this.#heartbeat?.stop();
    this.#events.onGone();
    if (this.#isStopping) return;
    if (this.#last !== undefined) this.#past = addUp(this.#past, this.#last);
    this.#last = undefined;
    if (this.#pulse !== undefined) this.#done = sumOf([this.#done, this.#pulse]);
    this.#pulse = undefined;
    const pause = this.#restarts.pauseAfter(lived);
    const { noun, about, lost } = this.#occupant;
    this.#log.error(
      { ...about, pid: ended.pid, ...how, livedSeconds: Math.round(lived / 1000), restartInMillis: pause },
      `${noun} died: ${lost}, it is replaced`,
    );
    if (pause === 0) this.#open();
    else this.#pause = setTimeout(() => this.#open(), pause);
  }
}
