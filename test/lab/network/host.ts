import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pathOf } from '../../testkit/requires.ts';
import type { Network } from './network.ts';

/** What a host of the lab can be asked to do. */
export type Ask =
  | { do: 'allocate'; name: string; server: string; port: number; over: 'udp' | 'tcp' | 'tls' }
  | { do: 'bind'; name: string; channel: number; peer: string }
  | { do: 'say'; name: string; channel: number; text: string }
  | { do: 'heard'; name: string }
  | { do: 'leave'; name: string }
  | { do: 'open'; name: string; port: number }
  | { do: 'send'; name: string; to: string; text: string }
  | { do: 'listened'; name: string }
  | { do: 'datagrams'; to: string; fromPort: number; ports: readonly number[] }
  | { do: 'connections'; to: string; fromPort: number; ports: readonly number[] }
  | { do: 'serve'; ports: readonly number[] };

const AGENT = fileURLToPath(new URL('agent.ts', import.meta.url));

/** A machine in a namespace: a process there that does as it is asked. */
export class Host {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the host has ended'));
    });
    child.on('message', (message: { id?: number; value?: unknown; error?: string }) => this.#onMessage(message));
  }

  static async start(network: Network, name: string): Promise<Host> {
    const args = [...network.prefix(name), process.execPath, '--disable-warning=ExperimentalWarning', AGENT];
    const child = spawn(pathOf('ip')!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new Host(child);
  }

  /** The answer, which is as the agent makes it. */
  ask<T = unknown>(ask: Ask): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: value => resolve(value as T), reject });
      this.#child.send({ id, ask });
    });
  }

  async close(): Promise<void> {
    if (!this.#child.connected) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  #onMessage({ id, value, error }: { id?: number; value?: unknown; error?: string }): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id!);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(new Error(error));
  }
}
