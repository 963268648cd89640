import type { TransportAddress } from '../wire/index.ts';

/** Who hears of a socket's datagrams. The bytes are borrowed until it returns. */
export interface DatagramSink {
  onDatagram(owner: number, bytes: Uint8Array, start: number, end: number, ticks: number): void;
}

export interface DatagramSocketOptions {
  readonly at: TransportAddress;
  /** Handed back with each datagram. */
  readonly owner: number;
  /** `echo`: everything goes back to where it came from. */
  readonly sink: DatagramSink | 'echo';
  /** How many datagrams are likely to wait at once. */
  readonly want: number;
}

/** The longest message that can be sent or received. */
export const LONGEST_MESSAGE = 2_048;

/**
 * Many UDP sockets. A message is written where `reserve` says in `bytes`, then `commit`ted; `flush` sends what was committed. After
 * `onTurn` everything that was committed by sinks has been sent.
 */
export interface Datagrams {
  readonly name: 'native' | 'node:dgram';
  readonly bytes: Uint8Array;
  /** Datagrams that went back from `echo` sockets. */
  readonly echoed: number;
  /** Datagrams the system refused to send. */
  readonly refused: number;
  /** Returns the socket's number. Throws when it can't be had. */
  open(options: DatagramSocketOptions): number;
  close(socket: number): void;
  boundTo(socket: number): Promise<TransportAddress>;
  /** A number for an address that is sent to. */
  destination(address: TransportAddress): number;
  /** Where the next message is to be written: LONGEST_MESSAGE bytes, at a multiple of four. */
  reserve(): number;
  commit(socket: number, destination: number, length: number): void;
  flush(): void;
  closeAll(): void;
}
