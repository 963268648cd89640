import type { IpAddress } from '../wire/index.ts';
import type { RelayAsk, RelayFailure } from './engine.ts';

const FREE = 0;
const USED = 1;
const HELD = 2;

/** Draws that may hit a taken port before the free ones are counted. */
const LUCKY_DRAWS = 16;

/** A port for a relay, and the next higher one if it is held for a reservation. */
export interface PortGrant {
  readonly port: number;
  readonly held: number | undefined;
}

export interface PortUse {
  readonly used: number;
  readonly held: number;
  readonly free: number;
}

type PortTest = (ports: Uint8Array, port: number) => boolean;

/**
 * Which relay ports are taken on each of our addresses. Each draw is uniform among the ports that qualify: first by drawing again on a
 * collision, then by counting, so that the last free port is found and 'no-ports' means that there is none (RFC 6056 §3.3).
 */
export class RelayPorts {
  readonly #first: number;
  readonly #last: number;
  readonly #random: (below: number) => number;
  readonly #byIp = new Map<string, Uint8Array>();

  constructor(range: { readonly first: number; readonly last: number }, random: (below: number) => number) {
    this.#first = range.first;
    this.#last = range.last;
    this.#random = random;
  }

  take(ip: IpAddress, kind: RelayAsk['port']): PortGrant | RelayFailure {
    const ports = this.#portsOf(ip);
    if (typeof kind === 'object') return this.#claim(ports, kind.reserved);
    const port = this.#draw(ports, this.#testFor(kind));
    if (port === undefined) return 'no-ports';
    ports[port - this.#first] = USED;
    if (kind !== 'even-and-next') return { port, held: undefined };
    ports[port + 1 - this.#first] = HELD;
    return { port, held: port + 1 };
  }

  /** Gives back a relay's port. A port held beside it stays held. */
  release(ip: IpAddress, port: number): void {
    this.#free(ip, port, USED);
  }

  /** Gives back a held port, unless it has been claimed. */
  releaseHeld(ip: IpAddress, port: number): void {
    this.#free(ip, port, HELD);
  }

  use(ip: IpAddress): PortUse {
    const ports = this.#portsOf(ip);
    const used = ports.reduce((sum, state) => sum + (state === USED ? 1 : 0), 0);
    const held = ports.reduce((sum, state) => sum + (state === HELD ? 1 : 0), 0);
    return { used, held, free: ports.length - used - held };
  }

  /** A port beyond our own ones was reserved by another worker: whether it is free, the system knows. */
  #claim(ports: Uint8Array, port: number): PortGrant | RelayFailure {
    if (port < this.#first || port > this.#last) return { port, held: undefined };
    if (ports[port - this.#first] !== HELD) return 'port-taken';
    ports[port - this.#first] = USED;
    return { port, held: undefined };
  }

  #draw(ports: Uint8Array, qualifies: PortTest): number | undefined {
    for (let i = 0; i < LUCKY_DRAWS; i++) {
      const port = this.#first + this.#random(ports.length);
      if (qualifies(ports, port)) return port;
    }
    const left: number[] = [];
    for (let port = this.#first; port <= this.#last; port++) if (qualifies(ports, port)) left.push(port);
    return left.length === 0 ? undefined : left[this.#random(left.length)];
  }

  #testFor(kind: 'any' | 'even' | 'even-and-next'): PortTest {
    const isFree: PortTest = (ports, port) => ports[port - this.#first] === FREE;
    if (kind === 'any') return isFree;
    if (kind === 'even') return (ports, port) => port % 2 === 0 && isFree(ports, port);
    return (ports, port) => port % 2 === 0 && isFree(ports, port) && isFree(ports, port + 1);
  }

  #free(ip: IpAddress, port: number, from: number): void {
    const ports = this.#portsOf(ip);
    if (ports[port - this.#first] === from) ports[port - this.#first] = FREE;
  }

  #portsOf(ip: IpAddress): Uint8Array {
    const key = `${ip.w0},${ip.w1},${ip.w2},${ip.w3}`;
    const known = this.#byIp.get(key);
    if (known !== undefined) return known;
    const ports = new Uint8Array(this.#last - this.#first + 1);
    this.#byIp.set(key, ports);
    return ports;
  }
}
