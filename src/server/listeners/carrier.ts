import type { Duplex } from 'node:stream';

/** What carries a client's frames: a TCP socket, or TLS over one. */
export interface Carrier extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  setNoDelay(noDelay: boolean): unknown;
  /**
   * Only of TLS that can do it: from now on what comes is handed over here, in memory that is lent until the call returns, instead of being
   * copied for `data`; undefined for `data` again.
   */
  lendTo?(taker: ((bytes: Uint8Array) => void) | undefined): void;
  /**
   * Only of TLS that can do it: writes bytes[0, ends[0]), bytes[ends[0], ends[1]) and so on as a record each, all at once. To be called only
   * while nothing waits to be written.
   */
  writeRecords?(bytes: Buffer, ends: readonly number[], onWritten: () => void): void;
}
