import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../../control/index.ts';
import type { Summary } from '../reporter.ts';
import type { AccessOrder, Answers, FromWorker, StartOrder, ToProcess, ToWorker } from './messages.ts';

/** What a process runs. The same from sources and from what is built of them. */
export const WORKER_MAIN = mainIn('worker');
export const ACCESS_MAIN = mainIn('access');
/** Standard input, output and error, and the pipe between us: sockets come after these. */
const FIRST_SOCKET = 4;

/** What a process gets at its start. */
export interface WorkerMeans {
  readonly main: string;
  /** They are inherited: in the new process they are numbered anew. */
  readonly descriptors: readonly number[];
  /** Beside our own. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface WorkerEvents {
  onQuotas(message: Extract<FromWorker, { say: 'quotas' }>): void;
  onFirstUses(message: Extract<FromWorker, { say: 'first-uses' }>): void;
  onReservation(message: Extract<FromWorker, { say: 'reservation' }>): void;
  onAccess(message: Extract<FromWorker, { say: 'access' }>): void;
  /** Once, however it came about. */
  onEnd(how: { readonly code: number | null; readonly signal: NodeJS.Signals | null }): void;
}

/** One process of a worker, from its start to its end. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #events: WorkerEvents;
  readonly #questions = new Map<number, (answer: Answers[keyof Answers] | undefined) => void>();
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #lastQuestion = 0;
  #isOver = false;
  #summary: Summary | undefined;

  constructor(order: StartOrder | AccessOrder, means: WorkerMeans, events: WorkerEvents) {
    const { main, descriptors, environment } = means;
    this.#events = events;
    this.#child = spawn(process.execPath, [...process.execArgv, main], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
    });
    this.#started.promise.catch(() => {}); // whoever waits for it is told; a restart waits for nobody
    this.#child.on('message', message => this.#onMessage(message as FromWorker));
    this.#child.on('error', () => this.#onEnd(null, null));
    this.#child.on('exit', (code, signal) => this.#onEnd(code, signal));
    const sockets = order.sockets.map((socket, i) => ({ ...socket, descriptor: FIRST_SOCKET + i }));
    this.#say({ do: 'start', order: { ...order, sockets } });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when it serves; rejects when it ended before. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(message: ToWorker): void {
    this.#say(message);
  }

  #say(message: ToProcess<StartOrder | AccessOrder>): void {
    if (!this.#isOver && this.#child.connected) this.#child.send(message, () => {});
  }

  /** Undefined when it does not answer in time, or at all. */
  ask<What extends keyof Answers>(what: What, withinMillis: number): Promise<Answers[What] | undefined> {
    const question = ++this.#lastQuestion;
    return new Promise(resolve => {
      if (this.#isOver) return resolve(undefined);
      const timer = setTimeout(() => this.#answered(question, undefined), withinMillis);
      this.#questions.set(question, answer => {
        clearTimeout(timer);
        resolve(answer as Answers[What] | undefined);
      });
      this.send({ do: 'tell', what, question });
    });
  }

  /** It does not serve any more, and won't end by itself. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** What it did in its life; undefined when it did not end by itself in time, and was ended. */
  async stop(withinMillis: number): Promise<Summary | undefined> {
    this.send({ do: 'stop' });
    const timer = setTimeout(() => this.kill(), withinMillis);
    if (!this.#isOver) await this.#ended.promise;
    clearTimeout(timer);
    return this.#summary;
  }

  #onMessage(message: FromWorker): void {
    switch (message.say) {
      case 'started':
        this.#started.resolve();
        break;
      case 'refused':
        this.#started.reject(new OperatorError(message.code, message.message, message.remedy));
        break;
      case 'quotas':
        this.#events.onQuotas(message);
        break;
      case 'first-uses':
        this.#events.onFirstUses(message);
        break;
      case 'reservation':
        this.#events.onReservation(message);
        break;
      case 'access':
        this.#events.onAccess(message);
        break;
      case 'answer':
        this.#answered(message.question, message.answer);
        break;
      case 'stopped':
        this.#summary = message.summary;
        break;
      default:
        message satisfies never;
    }
  }

  #answered(question: number, answer: Answers[keyof Answers] | undefined): void {
    const answered = this.#questions.get(question);
    this.#questions.delete(question);
    answered?.(answer);
  }

  #onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const question of this.#questions.keys()) this.#answered(question, undefined);
    this.#started.reject(new Error(`it ended before it served (${signal ?? code})`));
    this.#ended.resolve();
    this.#events.onEnd({ code, signal });
  }
}

function mainIn(folder: 'worker' | 'access'): string {
  return fileURLToPath(new URL(`../${folder}/main${import.meta.url.slice(-3)}`, import.meta.url));
}
