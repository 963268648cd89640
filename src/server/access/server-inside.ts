import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

const LOOK_UP_MILLIS = 60_000;

/** The addresses of the server inside: what comes from one of them to an internal listener comes from the server. */
export class ServerAddresses {
  readonly #host: string;
  readonly #onFailed: (why: Error) => void;
  #known: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: string, onFailed: (why: Error) => void) {
    this.#host = host;
    this.#onFailed = onFailed;
  }

  /** Resolves after the first look-up, whatever came of it: a name server that is away for a while stops nobody's start. */
  async open(everyMillis = LOOK_UP_MILLIS): Promise<void> {
    if (isIP(this.#host) !== 0) {
      this.#known = new Set([this.#host]);
      return;
    }
    this.#timer = setInterval(() => void this.#look(), everyMillis);
    this.#timer.unref();
    await this.#look();
  }

  has(address: string): boolean {
    return this.#known.has(address);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** A look-up that fails changes nothing. */
  async #look(): Promise<void> {
    try {
      const found = await lookup(this.#host, { all: true });
      this.#known = new Set(found.map(({ address }) => address));
    } catch (error) {
      this.#onFailed(error as Error);
    }
  }
}
