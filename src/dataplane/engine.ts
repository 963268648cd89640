import type { Duplex } from 'node:stream';
import type {
  Channel,
  ClientAddress,
  ClientId,
  Family,
  IpAddress,
  LinkId,
  PeerAddress,
  RelayAddress,
  RelayId,
  RelayTransport,
  Transport,
  TransportAddress,
} from '../wire/index.ts';
import type { OwnRelays } from './near-relays.ts';

/**
 * A client's 5-tuple (RFC 8656 §2). Lent to an upcall; it lasts beyond it only while the client has an open relay
 * (`openRelay` keeps it) or is a stream that has not closed. Nothing is stored for strangers: after the upcall a stranger's id can still
 * be kept until the next stranger comes, who has another id. A late id names nobody.
 */
export interface Client {
  readonly id: ClientId;
  readonly transport: Transport;
  /** Where the client's packets come from. */
  readonly address: ClientAddress;
  /** Our own address and port that the client reached. */
  readonly local: TransportAddress;
}

/** A relay socket to be made. Ports are drawn by the engine, uniformly at random from the range. */
export interface RelayAsk {
  readonly relay: RelayId;
  readonly client: ClientId;
  /** The address of ours to bind; its family is the relay's family. */
  readonly ip: IpAddress;
  /** `even-and-next` also holds the next higher port back for a reservation (RFC 8656 §7.2, EVEN-PORT with R). */
  readonly port: 'any' | 'even' | 'even-and-next' | { readonly reserved: number };
  readonly dontFragment: boolean;
  /** `udp` unless said otherwise; the others need an engine that can. A port is never a UDP and a TCP relay's at once. */
  readonly transport?: RelayTransport;
  /** TCP connections that a relay of packets has at once at most; for the others, `peerArrived` decides. */
  readonly mostConnections?: number;
}

export type RelayFailure = 'no-ports' | 'port-taken' | 'denied';

/** Where a stream client's frames are written. `frame` takes ChannelData or STUN bytes and copies what it keeps. */
export interface StreamSink {
  /**
   * False when the frame was dropped because the client reads too slowly. ChannelData arrives unpadded; `bare` is what came from an
   * active destination, which must never be taken for a message of ours.
   */
  frame(bytes: Uint8Array, start: number, end: number, bare: boolean): boolean;
  /** True when much is waiting already: `then` is called once it no longer is. Peers on TCP are not read meanwhile. */
  whenDrained?(then: () => void): boolean;
  /** The client is not read until the function returned is called; undefined when `holder` holds it already. */
  hold?(holder: object): (() => void) | undefined;
}

/** What an engine tells the rest of the edge. All bytes and addresses are borrowed until the call returns. */
export interface Upcalls {
  /** A datagram or frame from a client that no installed channel claims: STUN, or bytes of a stranger. */
  fromClient(client: Client, bytes: Uint8Array, start: number, end: number): void;
  /** A permitted peer's datagram that has no channel. `HEADROOM` bytes in front of `start` and `TAILROOM` behind `end` may be written. */
  fromPeer(relay: RelayId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void;
  /**
   * ICMP's answer to a datagram that the relay sent to a permitted peer (RFC 8656 §11.5), from engines that hear of it. `data` is the
   * MTU for a datagram that was too big, else 0.
   */
  relayError?(relay: RelayId, peer: PeerAddress, type: number, code: number, data: number): void;
  /** The socket exists and listens. `reservedPort` is the port held back for `even-and-next`. */
  relayOpened(relay: RelayId, address: RelayAddress, reservedPort: number | undefined): void;
  /** There is no such relay (any more); its client can still be told until this returns. */
  relayFailed(relay: RelayId, why: RelayFailure): void;
  /**
   * A peer has connected to a TCP relay; not a byte of what it says has been read. The answer is what its connection is called from now
   * on, or undefined to have it closed.
   */
  peerArrived?(relay: RelayId, peer: PeerAddress): LinkId | undefined;
  /** What `connectLink` asked for is there. */
  linkConnected?(link: LinkId): void;
  /** It could not be had, or it has closed. Not said of links that `closeLink` or `closeRelay` has ended. */
  linkClosed?(link: LinkId): void;
}

/** Room for the longest header any dialect writes in front of a payload, and for padding behind it. */
export const HEADROOM = 64;
export const TAILROOM = 4;

/** Why a datagram was not relayed. One counter each, exported as `drops{reason}`. */
export const DROP_REASONS = [
  'no-channel', // ChannelData on a channel that is not bound, or from a stranger
  'malformed-channel-data',
  'no-active-destination', // bare bytes of a stream client that has set none
  'no-permission-in', // peer to client
  'no-permission-out', // client to peer
  'no-relay', // the relay is not open (any more)
  'no-client', // the client is gone: its stream closed, or its last relay did
  'wrong-family', // the peer's family is not the relay's
  'send-queue-full',
  'send-error',
  'stream-slow', // a stream client that reads too slowly
  'too-long',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface Counters {
  readonly drops: Readonly<Record<DropReason, number>>;
  readonly receivedDatagrams: number;
  readonly relayedToPeers: Traffic;
  readonly relayedToClients: Traffic;
  /** From one relay of this engine to another without a socket. Counted in both of the above as well. */
  readonly relayedAcross: Traffic;
}

export interface Traffic {
  readonly datagrams: number;
  /** Payload bytes, without ChannelData or STUN headers. */
  readonly bytes: number;
}

export interface RelayTraffic {
  readonly toPeers: Traffic;
  readonly toClients: Traffic;
}

/**
 * Carries packets. Flows go down, unclaimed datagrams come up. An engine asks nobody once a channel is installed, and relays
 * nothing to or from a peer that has no permission: the check sits here, once, for every path.
 */
export interface Engine {
  readonly name: 'dgram' | 'mmsg' | 'xdp' | 'memory';
  /** Whether DONT-FRAGMENT can be honoured; otherwise it is an unknown attribute (RFC 8656 §7.2). */
  readonly canDontFragment: boolean;

  /**
   * Whether relays may be of TCP: where one port can listen and connect at once. Of transport `tcp`, their connections (links) are opened,
   * bound and closed one by one. Of `tcp-packets`, `toPeer` and installed channels use them: one per peer, whoever opened it, made on demand;
   * peers' bytes are cut at the borders of RFC 4571, and each frame, its length in front, comes and goes like a datagram.
   */
  readonly canRelayTcp: boolean;

  /**
   * Opens a UDP listener. Rejects with the socket's own error when it can't be bound. Resolves to the bound address. With a descriptor
   * that socket is taken over, which somebody else has bound; an engine that cannot rejects.
   */
  listen(address: TransportAddress, descriptor?: number): Promise<TransportAddress>;

  /** Answered by `relayOpened` or `relayFailed`, never before this returns. Keeps the client until the relay is closed. */
  openRelay(ask: RelayAsk): void;
  /** Closes the socket and removes all of its permissions and channels. A relay that was still opening is never answered. */
  closeRelay(relay: RelayId): RelayTraffic;
  /** Gives back a port that `even-and-next` held and nobody claimed. */
  releaseReservation(ip: IpAddress, port: number): void;

  /** Connects from the relay's own port. Answered by `linkConnected` or `linkClosed`, never before this returns. Policy has allowed the peer. */
  connectLink(link: LinkId, relay: RelayId, peer: TransportAddress): void;
  /**
   * From here on what the stream says the peer hears and the other way round: raw, counted as the relay's traffic, each direction ending
   * by itself. A stream whose link is gone is closed.
   */
  bindLink(link: LinkId, stream: Duplex): void;
  /** Closes the connection and the stream bound to it. */
  closeLink(link: LinkId): void;

  permit(relay: RelayId, peer: IpAddress): void;
  forbid(relay: RelayId, peer: IpAddress): void;
  /**
   * A channel needs its permission as well: without one nothing flows. On the channel BARE payloads travel without a header, and it takes
   * everything the client sends that is no message of the Microsoft dialect: a client has one of them at most.
   */
  installChannel(relay: RelayId, channel: Channel, peer: TransportAddress): void;
  removeChannel(relay: RelayId, channel: Channel): void;

  /** Sends a whole message (STUN or ChannelData) to a client. Bytes are borrowed. */
  toClient(client: ClientId, bytes: Uint8Array, start: number, end: number): void;
  /** The same from another UDP listener of ours, to another port of the IP address of a client over UDP (RFC 5780 §6.1). */
  toClientVia(client: ClientId, from: TransportAddress, port: number, bytes: Uint8Array): void;
  /** Sends a payload to a peer, if permitted. Bytes are borrowed. `dontFragment` (not by default) needs an engine that can. */
  toPeer(
    relay: RelayId,
    peer: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment?: boolean,
  ): void;

  /** A stream client came; it is kept until `closeStream`. */
  openStream(transport: 'tcp' | 'tls', address: ClientAddress, local: TransportAddress, sink: StreamSink): Client;
  /** One whole frame (a message or ChannelData, without padding) from a stream client; `bare` for its active destination alone. */
  fromStream(client: ClientId, bytes: Uint8Array, start: number, end: number, bare?: boolean): void;
  closeStream(client: ClientId): void;

  trafficOf(relay: RelayId): RelayTraffic;
  counters(): Counters;
  /** Closes every socket; resolves when all are closed. */
  close(): Promise<void>;
}

/** What every engine is made with. */
export interface EngineSettings {
  readonly relayPorts: { readonly first: number; readonly last: number };
  /** Uniform in [0, below). A CSPRNG in production, seeded dice in tests. */
  readonly random: (below: number) => number;
  readonly upcalls: Upcalls;
  /** The network interface that the sockets of an address of ours are bound to; any when there is none. Needs an engine that can. */
  readonly deviceOf?: ((ip: IpAddress) => string | undefined) | undefined;
  /** Which addresses are ours. Without it, relays of one edge meet through the network. */
  readonly own?: OwnRelays | undefined;
}

export type { Family };
