import { type ChildProcess, spawn } from 'node:child_process';
import { pathOf } from './requires.ts';

export interface Finished {
  /** Null when it was ended by a signal. */
  readonly status: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** Another program, started by a test and ended by its own process id: nothing else is ever touched. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #hasFailed = false;
  output = '';

  constructor(name: string, args: readonly string[]) {
    this.#child = spawn(pathOf(name) ?? name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#ended = new Promise(resolve => {
      this.#child.once('close', resolve);
      this.#child.once('error', error => {
        this.#hasFailed = true; // it could not be started
        this.output += error.message;
        resolve(error);
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program did not start');
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasFailed || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when a test of the output or the world holds; rejects when the program ends first or takes too long. */
  async until(isReady: () => boolean | Promise<boolean>, timeoutMillis = 10_000): Promise<void> {
    for (const deadline = Date.now() + timeoutMillis; !(await isReady()); await pause(20)) {
      if (this.hasEnded) throw new Error(`${this.#child.spawnfile} ended: ${this.output}`);
      if (Date.now() > deadline) throw new Error(`${this.#child.spawnfile} is not ready: ${this.output}`);
    }
  }

  async finish(timeoutMillis: number): Promise<Finished> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMillis);
    await this.#ended;
    clearTimeout(timer);
    return { status: this.#child.exitCode, output: this.output };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.hasEnded) this.#child.kill(signal);
    await this.finish(5_000);
  }
}

export async function run(name: string, args: readonly string[], timeoutMillis = 30_000): Promise<Finished> {
  return new Program(name, args).finish(timeoutMillis);
}

export function pause(millis: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, millis));
}
