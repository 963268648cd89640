import { randomBytes } from 'node:crypto';
import { type Finished, Program, run } from '../../testkit/program.ts';

/** Network namespaces of a test's own. Their names end in a random word; closing removes them, and with them everything inside. */
export class Namespaces {
  readonly #suffix = randomBytes(3).toString('hex');
  readonly #names = new Set<string>();

  async add(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await must('ip', ['netns', 'add', this.#full(name)]);
      this.#names.add(name);
      await this.in(name, 'ip', 'link', 'set', 'lo', 'up');
    }
  }

  /** A cable between two namespaces; each end has an interface named after the far end, with this address. A second one needs a `mark`. */
  async cable(a: string, aAddress: string, b: string, bAddress: string, mark = ''): Promise<void> {
    const [x, y] = [this.#full(a), this.#full(b)];
    await must('ip', ['link', 'add', b + mark, 'netns', x, 'type', 'veth', 'peer', 'name', a + mark, 'netns', y]);
    for (const [name, device, address] of [
      [a, b + mark, aAddress],
      [b, a + mark, bAddress],
    ] as const) {
      await this.in(name, 'ip', 'address', 'add', address, 'dev', device);
      await this.in(name, 'ip', 'link', 'set', device, 'up');
    }
  }

  async route(name: string, to: string, via: string): Promise<void> {
    await this.in(name, 'ip', 'route', 'add', to, 'via', via);
  }

  async forwards(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.in(name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  }

  /** Runs a command there; its output. */
  in(name: string, command: string, ...args: readonly string[]): Promise<string> {
    return must('ip', ['netns', 'exec', this.#full(name), command, ...args]);
  }

  start(name: string, command: string, ...args: readonly string[]): Program {
    return new Program('ip', ['netns', 'exec', this.#full(name), command, ...args]);
  }

  /** The arguments of `ip` that run something there. */
  prefix(name: string): readonly string[] {
    return ['netns', 'exec', this.#full(name)];
  }

  /** Loads nftables rules in the form of `nft -f`. */
  async load(name: string, rules: string): Promise<void> {
    await this.in(name, 'sh', '-c', `printf '%s' "$1" | nft -f -`, 'sh', rules);
  }

  async close(): Promise<void> {
    for (const name of this.#names) await run('ip', ['netns', 'delete', this.#full(name)]);
    this.#names.clear();
  }

  #full(name: string): string {
    return `sallyport-${name}-${this.#suffix}`;
  }
}

async function must(command: string, args: readonly string[]): Promise<string> {
  const { status, output }: Finished = await run(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${output}`);
  return output;
}
