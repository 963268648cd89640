import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Network namespaces of one test, with names nobody else has. `close` takes them all away, and the links with them. */
export class Namespaces {
  readonly #suffix = randomBytes(3).toString('hex');
  readonly #names: string[] = [];
  #links = 0;

  async add(role: string): Promise<string> {
    const name = `sp-${role}-${this.#suffix}`;
    await exec('ip', ['netns', 'add', name]);
    this.#names.push(name);
    await this.in(name, 'ip', 'link', 'set', 'lo', 'up');
    return name;
  }

  /** Joins two namespaces by a cable; each end gets its name and its address with prefix length. */
  async join(
    one: { readonly in: string; readonly name: string; readonly address: string },
    other: { readonly in: string; readonly name: string; readonly address: string },
  ): Promise<void> {
    const ends = [`spa${this.#links}${this.#suffix}`, `spb${this.#links++}${this.#suffix}`] as const;
    await exec('ip', ['link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1]]);
    for (const [i, end] of [one, other].entries()) {
      await exec('ip', ['link', 'set', ends[i]!, 'netns', end.in, 'name', end.name]);
      await this.in(end.in, 'ip', 'address', 'add', end.address, 'dev', end.name);
      await this.in(end.in, 'ip', 'link', 'set', end.name, 'up');
    }
  }

  /** Runs a command in a namespace and returns what it printed. */
  async in(name: string, ...command: readonly string[]): Promise<string> {
    const { stdout } = await exec('ip', ['netns', 'exec', name, ...command], { timeout: 60_000 });
    return stdout;
  }

  async close(): Promise<void> {
    for (const name of this.#names.splice(0)) await exec('ip', ['netns', 'delete', name]);
  }
}
