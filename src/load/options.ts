import type { TransportAddress } from '../wire/index.ts';
import type { LoadCredential } from './session.ts';

/** `up`: clients to peers. `down`: peers to clients. `echo`: up, and back again. */
export type Direction = 'up' | 'down' | 'echo';

/** What each client does once it has an allocation. */
export interface TrafficPlan {
  readonly kind: 'traffic';
  readonly direction: Direction;
  /** The sizes of the payloads that go together: one datagram, or the train that a video frame is. */
  readonly sizes: readonly number[];
  /** Closed loop: so many datagrams are under way per client, and each that arrives is followed by another. Or so many trains per second. */
  readonly pace: { readonly inFlight: number } | { readonly perSecond: number };
}

/** Each client allocates, ends the allocation, and begins again on a new line. */
export interface ChurnPlan {
  readonly kind: 'churn';
}

/** Allocations are made and kept, and nothing is sent. */
export interface IdlePlan {
  readonly kind: 'idle';
}

export type LoadPlan = TrafficPlan | ChurnPlan | IdlePlan;

export interface LoadOptions {
  readonly server: TransportAddress;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** For TLS: the name that the server's certificate is chosen by. */
  readonly serverName: string | undefined;
  readonly credential: LoadCredential;
  readonly clients: number;
  readonly plan: LoadPlan;
  /** Trains go as one message each and come so, where the server sends them so (UDP_SEGMENT, UDP_GRO). */
  readonly usesRuns: boolean;
  /** Send and Data indications instead of channels. */
  readonly usesIndications: boolean;
  /** Where clients' sockets are bound; the port is 0. */
  readonly from: TransportAddress;
  /** Where our own peers are; port 0 is any. */
  readonly peerAddress: TransportAddress;
  readonly peers: number;
  /** An echo that runs elsewhere, instead of our own peers. */
  readonly externalPeer: TransportAddress | undefined;
  /** False: the server is a bare forwarder, and clients send ChannelData at once. */
  readonly allocates: boolean;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Ends the measurement early. */
  readonly count: number | undefined;
  /** The server's process, when it is on this machine. */
  readonly pid: number | undefined;
  /** Looks at the clock without pause instead of each millisecond. */
  readonly spins: boolean;
  /** Each client's own counts are in the report. */
  readonly listsClients: boolean;
  /** Requests under way at once while allocations are made. */
  readonly setupInFlight: number;
}

/** Sizes of the datagrams of one video frame: as many of the full size as go, and what is left over. */
export function videoTrain(megabitsPerSecond: number, framesPerSecond: number, size: number): number[] {
  const frame = Math.max(16, Math.round((megabitsPerSecond * 1_000_000) / 8 / framesPerSecond));
  const full = Math.floor(frame / size);
  const rest = frame - full * size;
  return [...Array.from({ length: full }, () => size), ...(rest > 0 ? [Math.max(16, rest)] : [])];
}
