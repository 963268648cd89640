import type { Duplex } from 'node:stream';
import type { IpAddress, LinkId, RelayId, TransportAddress } from '../wire/index.ts';
import type { RelayAsk, Upcalls } from './engine.ts';
import type { Forwarder } from './forwarder.ts';
import type { Sent } from './packet-sockets.ts';
import type { BindOutcome } from './relay-opener.ts';

/** The TCP half of an engine's sockets: the same for every engine that has one. */
export interface TcpSockets {
  receiveWith(forwarder: Forwarder, upcalls: Upcalls): void;
  /** Listens on the port, which nobody else may, and answers once. */
  bindRelay(ask: RelayAsk, port: number, answer: (outcome: BindOutcome) => void): void;
  /** Closes the relay with all its connections; the port can be bound again when this returns. */
  closeRelay(relay: RelayId): void;
  permitted(relay: RelayId, peer: IpAddress): void;
  connect(link: LinkId, relay: RelayId, peer: TransportAddress): void;
  bind(link: LinkId, stream: Duplex): void;
  closeLink(link: LinkId): void;
  /** For a relay of packets: over its connection with the peer, which is made if there is none. */
  sendToPeer(relay: RelayId, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent;
  close(): Promise<void>;
}
