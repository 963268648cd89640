import type { IpAddress } from '../wire/index.ts';
import { sourcePrefixKey } from './source-prefix.ts';
import { Tally } from './tally.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerSourcePrefix: number;
  /** Connections that have not yet shown who they are: TLS handshakes in progress, or no first message. */
  readonly handshakesPerSourcePrefix: number;
}

export type ConnectionRefusal = 'total-connections' | 'prefix-connections' | 'prefix-handshakes';

/** TCP and TLS connections in all and per source prefix. What is remembered is bounded by what is open. */
export class ConnectionBudget {
  readonly #limits: ConnectionLimits;
  readonly #connections = new Tally();
  readonly #handshakes = new Tally();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get open(): number {
    return this.#total;
  }

  /** How many counters are kept. */
  get size(): number {
    return this.#connections.size + this.#handshakes.size;
  }

  /** A place for a new connection, which begins with its handshake pending; or why there is none. */
  admit(from: IpAddress): ConnectionPlace | ConnectionRefusal {
    const prefix = sourcePrefixKey(from);
    if (this.#total >= this.#limits.connections) return 'total-connections';
    if (this.#connections.of(prefix) >= this.#limits.connectionsPerSourcePrefix) return 'prefix-connections';
    if (this.#handshakes.of(prefix) >= this.#limits.handshakesPerSourcePrefix) return 'prefix-handshakes';
    this.#total++;
    this.#connections.add(prefix);
    this.#handshakes.add(prefix);
    return new ConnectionPlace(
      () => this.#handshakes.subtract(prefix),
      () => this.#leave(prefix),
    );
  }

  #leave(prefix: string): void {
    this.#total--;
    this.#connections.subtract(prefix);
  }
}

/** What one open connection holds. Both methods may be called again, since a socket's end is often told twice. */
export class ConnectionPlace {
  #state: 'pending' | 'ready' | 'left' = 'pending';
  readonly #endHandshake: () => void;
  readonly #endConnection: () => void;

  constructor(endHandshake: () => void, endConnection: () => void) {
    this.#endHandshake = endHandshake;
    this.#endConnection = endConnection;
  }

  handshakeDone(): void {
    if (this.#state !== 'pending') return;
    this.#state = 'ready';
    this.#endHandshake();
  }

  leave(): void {
    if (this.#state === 'left') return;
    this.handshakeDone();
    this.#state = 'left';
    this.#endConnection();
  }
}
