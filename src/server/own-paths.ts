import { randomBytes } from 'node:crypto';
import { CLASSES, METHODS, MessageWriter, sameAddress, type TransportAddress } from '../wire/index.ts';
import type { Way } from './self-test.ts';
import { type Path, tcpPath, udpPath } from './turn-client.ts';

/** How long a probe may take: it never leaves the machine. */
const PROBE_MILLIS = 250;
/** With as many probes at once as there are workers, all rounds miss one in nine million times. */
const ROUNDS = 16;

interface Candidate {
  readonly path: Path;
  hasArrived: boolean;
}

/**
 * Ways for the self-test to its own process. Where several workers share a port, the kernel chooses one for each source port, so
 * candidates are tried until one arrives here. Over UDP that one is kept: the choice does not change while the sockets live.
 */
export class OwnPaths {
  readonly #workers: number;
  readonly #candidates = new Set<Candidate>();
  readonly #kept = new Map<string, Path>();

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Whether this address is one of ours, and that something from it has come. */
  arrived(from: TransportAddress): boolean {
    for (const candidate of this.#candidates) {
      if (!sameAddress(candidate.path.from, from)) continue;
      candidate.hasArrived = true;
      return true;
    }
    return false;
  }

  async open(way: Way): Promise<Path> {
    const kept = this.#kept.get(way.name);
    if (kept !== undefined) return kept;
    if (this.#workers === 1) return (await this.#candidate(way)).path;
    const path = await this.#search(way);
    if (way.transport === 'udp') this.#kept.set(way.name, path);
    return path;
  }

  close(path: Path): void {
    for (const kept of this.#kept.values()) if (kept === path) return;
    for (const candidate of this.#candidates) if (candidate.path === path) this.#drop(candidate);
  }

  /** Ends everything. */
  closeAll(): void {
    this.#kept.clear();
    for (const candidate of this.#candidates) this.#drop(candidate);
  }

  async #search(way: Way): Promise<Path> {
    const tried: Candidate[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const opened = await Promise.all(Array.from({ length: this.#workers }, () => this.#candidate(way)));
        tried.push(...opened);
        await Promise.all(opened.map(({ path }) => probed(path)));
        const own = tried.find(({ hasArrived }) => hasArrived);
        if (own !== undefined) return own.path;
      }
      throw new Error(`none of ${tried.length} probes came to this worker`);
    } finally {
      for (const candidate of tried) if (!candidate.hasArrived) this.#drop(candidate);
      const [, ...spare] = tried.filter(({ hasArrived }) => hasArrived);
      for (const candidate of spare) this.#drop(candidate);
    }
  }

  async #candidate({ transport, to }: Way): Promise<Candidate> {
    const path = await (transport === 'udp' ? udpPath(to, to) : tcpPath(to));
    const candidate = { path, hasArrived: false };
    this.#candidates.add(candidate);
    return candidate;
  }

  #drop(candidate: Candidate): void {
    this.#candidates.delete(candidate);
    candidate.path.close();
  }
}

/** Sends a Binding request and waits for its answer, whichever worker gives it. Over UDP a worker may keep silent. */
function probed(path: Path): Promise<void> {
  const message = new MessageWriter(new Uint8Array(20), 0, METHODS.Binding, CLASSES.request, randomBytes(12)).message;
  return new Promise(resolve => {
    const timer = setTimeout(resolve, PROBE_MILLIS);
    path.onMessage = () => {
      clearTimeout(timer);
      resolve();
    };
    path.send(message);
  });
}
