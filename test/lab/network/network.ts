import { Program } from '../../testkit/program.ts';
import { Namespaces } from '../namespaces.ts';

/** Machines and cables between them, by the names a test gives them: each machine is a network namespace of the test's own. */
export class Network {
  readonly #namespaces = new Namespaces();
  readonly #full = new Map<string, string>();

  async add(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#full.set(name, await this.#namespaces.add(name));
  }

  /** A cable; each end has an interface named after the far end, with this address. A second one needs a `mark`. */
  async cable(a: string, aAddress: string, b: string, bAddress: string, mark = ''): Promise<void> {
    await this.#namespaces.join(
      { in: this.#nameOf(a), name: b + mark, address: aAddress },
      { in: this.#nameOf(b), name: a + mark, address: bAddress },
    );
  }

  async route(name: string, to: string, via: string): Promise<void> {
    await this.in(name, 'ip', 'route', 'add', to, 'via', via);
  }

  async forwards(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.in(name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  }

  /** Runs a command there; its output. */
  in(name: string, ...command: readonly string[]): Promise<string> {
    return this.#namespaces.in(this.#nameOf(name), ...command);
  }

  start(name: string, ...command: readonly string[]): Program {
    return new Program('ip', [...this.prefix(name), ...command]);
  }

  /** The arguments of `ip` that run something there. */
  prefix(name: string): readonly string[] {
    return ['netns', 'exec', this.#nameOf(name)];
  }

  /** Loads nftables rules in the form of `nft -f`. */
  async load(name: string, rules: string): Promise<void> {
    await this.in(name, 'sh', '-c', `printf '%s' "$1" | nft -f -`, 'sh', rules);
  }

  close(): Promise<void> {
    return this.#namespaces.close();
  }

  #nameOf(name: string): string {
    const full = this.#full.get(name);
    if (full === undefined) throw new Error(`there is no machine ${name}`);
    return full;
  }
}
