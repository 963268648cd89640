import {
  AddressBuffer,
  BARE,
  CHANNEL_HEADER,
  type ClientId,
  channelOf,
  familyOf,
  type IpAddress,
  isChannelByte,
  isMsTurn,
  lengthOf,
  type PeerAddress,
  type RelayId,
  type TransportAddress,
  writeChannelHeader,
} from '../wire/index.ts';
import { type ClientRecord, ClientTable } from './clients.ts';
import type { Counters, DropReason, StreamSink, Upcalls } from './engine.ts';
import { type FlowIndex, FlowTable, NO_FLOW } from './flows.ts';
import { FAR, NearRelays, NOBODY, type OwnRelays } from './near-relays.ts';
import type { PacketSockets, Sent } from './packet-sockets.ts';
import type { TrafficTable } from './relay-traffic.ts';
import { Tally } from './tally.ts';

/** The largest UDP payload: 65,535 less the UDP header, and for IPv4 less the IP header as well. */
const LONGEST_V4 = 65_507;
const LONGEST_V6 = 65_527;

const NO_RELAY = -1 as RelayId;

/**
 * The packet path of every engine: what arrives is relayed, handed up, or dropped and counted. Permissions are enforced here, in both
 * directions. Nothing is allocated per packet and no cost grows with the number of clients, relays or flows.
 */
export class Forwarder {
  readonly clients: ClientTable;
  readonly flows: FlowTable;
  readonly near: NearRelays;
  readonly #sockets: PacketSockets;
  readonly #upcalls: Upcalls;
  readonly #tally = new Tally();
  readonly #source = new AddressBuffer();
  readonly #target = new AddressBuffer();
  #isCrossing = false;
  readonly #peer = new AddressBuffer() as PeerAddress & AddressBuffer;
  /** The relay and payload of a peer's datagram that is being handed up: its indication, once sent, is that relay's traffic. */
  #indicating = NO_RELAY;
  #indicatedClient = 0 as ClientId;
  #indicatedBytes = 0;

  constructor(sockets: PacketSockets, upcalls: Upcalls, random: (below: number) => number, own?: OwnRelays) {
    this.#sockets = sockets;
    this.#upcalls = upcalls;
    this.clients = new ClientTable(random);
    this.flows = new FlowTable(random);
    this.near = new NearRelays(random, own);
  }

  /** A datagram that reached a UDP listener. */
  datagramFromClient(
    listener: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#tally.received++;
    this.#count(this.#fromClient(this.clients.arrived(listener, w0, w1, w2, w3, port), bytes, start, end));
  }

  /** A whole frame of a stream client. */
  frameFromStream(client: ClientId, bytes: Uint8Array, start: number, end: number, bare: boolean): void {
    this.#tally.received++;
    const record = this.clients.get(client);
    if (record === undefined) this.drop('no-client');
    else if (bare) this.#count(this.#bareToPeer(this.flows.bareFlowOf(client), bytes, start, end));
    else this.#count(this.#fromClient(record, bytes, start, end));
  }

  /** A datagram that reached a relay's socket. HEADROOM bytes in front of it may be written. */
  datagramFromPeer(
    relay: RelayId,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#tally.received++;
    const from = this.#source.set(w0, w1, w2, w3, port);
    if (this.near.admit(relay, from)) {
      this.#count(this.#fromPeer(relay, from.w0, from.w1, from.w2, from.w3, port, bytes, start, end));
    } else this.drop('no-permission-in');
  }

  /** A packet that came on a TCP relay's connection with this peer, which is called by its one spelling. The same room in front. */
  packetFromPeer(relay: RelayId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    this.#tally.received++;
    this.#count(this.#fromPeer(relay, peer.w0, peer.w1, peer.w2, peer.w3, peer.port, bytes, start, end));
  }

  /** ICMP's answer to a datagram of a relay. Nobody hears of peers that are not permitted (any more). */
  errorFromPeer(relay: RelayId, to: TransportAddress, type: number, code: number, data: number): void {
    const peer = this.#peer.set(to.w0, to.w1, to.w2, to.w3, to.port);
    this.near.own.advertise(peer);
    if (!this.flows.hasRelay(relay) || !this.flows.permits(relay, peer.w0, peer.w1, peer.w2, peer.w3)) return;
    this.#upcalls.relayError?.(relay, peer, type, code, data);
  }

  /** A whole message of ours for a client. */
  toClient(client: ClientId, bytes: Uint8Array, start: number, end: number): void {
    const relay = this.#indicating;
    const sent = this.#deliver(client, bytes, start, end, false);
    this.#count(sent);
    if (sent !== 'sent' || relay === NO_RELAY || client !== this.#indicatedClient) return;
    this.#indicating = NO_RELAY;
    this.#tally.toClient(relay, this.#indicatedBytes);
  }

  /** An answer of another listener than the one that a client over UDP reached, to another of its ports. */
  toClientVia(client: ClientId, from: TransportAddress, port: number, bytes: Uint8Array): void {
    const record = this.clients.get(client);
    const listener = this.clients.listenerAt(from);
    if (record?.transport !== 'udp' || listener === undefined) {
      this.drop('no-client');
      return;
    }
    const { w0, w1, w2, w3 } = record.address;
    const to = this.#target.set(w0, w1, w2, w3, port);
    const isSendable = port !== 0 && bytes.length <= longestTo(to);
    this.#count(isSendable ? this.#sockets.sendToClient(listener, to, bytes, 0, bytes.length) : 'send-error');
  }

  /** A payload for a peer, if it is permitted (RFC 8656 §11.2). */
  toPeer(
    relay: RelayId,
    peer: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment: boolean,
  ): void {
    this.#count(this.#permittedToPeer(relay, peer, bytes, start, end, dontFragment));
  }

  /** What a bound connection has carried. */
  streamed(relay: RelayId, direction: 'to-peer' | 'to-client', bytes: number): void {
    this.#tally.streamed(relay, direction, bytes);
  }

  /** Where the frames of a relay's client go, if it is on a stream. */
  sinkOf(relay: RelayId): StreamSink | undefined {
    return this.flows.hasRelay(relay) ? this.clients.get(this.flows.clientOf(relay))?.sink : undefined;
  }

  drop(reason: DropReason): void {
    this.#tally.drop(reason);
  }

  counters(): Counters {
    return this.#tally.counters();
  }

  /** What each relay carried. */
  get traffic(): TrafficTable {
    return this.#tally.traffic;
  }

  #count(outcome: Sent): void {
    if (outcome !== 'sent') this.drop(outcome);
  }

  #fromClient(client: ClientRecord, bytes: Uint8Array, start: number, end: number): Sent {
    // Before anything else: whatever a client of the Microsoft dialect says to its active destination may look like STUN or ChannelData.
    // On a stream its frames tell the two apart.
    const bare = client.transport === 'udp' ? this.flows.bareFlowOf(client.id) : NO_FLOW;
    if (bare !== NO_FLOW && !isMsTurn(bytes, start, end)) return this.#bareToPeer(bare, bytes, start, end);
    if (end > start && isChannelByte(bytes[start]!)) return this.#channelToPeer(client.id, bytes, start, end);
    client.holds++; // an answer can be sent although the call closes the client's last relay
    this.#upcalls.fromClient(client, bytes, start, end);
    this.clients.release(client);
    return 'sent';
  }

  #channelToPeer(client: ClientId, bytes: Uint8Array, start: number, end: number): Sent {
    const channel = channelOf(bytes, start, end);
    if (typeof channel === 'string') return 'malformed-channel-data';
    const flow = this.flows.flowOfChannel(client, channel);
    if (flow === NO_FLOW) return 'no-channel';
    const payload = start + CHANNEL_HEADER; // padding stays behind (RFC 8656 §12.6)
    return this.#flowToPeer(flow, bytes, payload, payload + lengthOf(bytes, start), true);
  }

  /** For the active destination of the Microsoft dialect (MS-TURN §3.3.5.3). */
  #bareToPeer(flow: FlowIndex, bytes: Uint8Array, start: number, end: number): Sent {
    return flow === NO_FLOW ? 'no-active-destination' : this.#flowToPeer(flow, bytes, start, end, false);
  }

  /** `hasHeader`: a ChannelData header is in front, which may be written over. */
  #flowToPeer(flow: FlowIndex, bytes: Uint8Array, start: number, end: number, hasHeader: boolean): Sent {
    const relay = this.flows.relayOf(flow);
    this.flows.readPeer(flow, this.#peer);
    if (!this.flows.isFamilyOf(relay, this.#peer)) return 'wrong-family';
    if (!this.flows.isPermitted(flow)) return 'no-permission-out';
    return this.#send(relay, this.#peer, bytes, start, end, false, hasHeader);
  }

  #fromPeer(
    relay: RelayId,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Sent {
    if (!this.flows.hasRelay(relay)) return 'no-relay';
    const flow = this.flows.flowOfPeer(relay, w0, w1, w2, w3, port);
    if (flow !== NO_FLOW) return this.#channelToClient(relay, flow, bytes, start, end);
    if (!this.flows.permits(relay, w0, w1, w2, w3)) return 'no-permission-in'; // RFC 8656 §11.3
    this.#indicating = relay;
    this.#indicatedClient = this.flows.clientOf(relay);
    this.#indicatedBytes = end - start;
    this.#upcalls.fromPeer(relay, this.#peer.set(w0, w1, w2, w3, port), bytes, start, end);
    this.#indicating = NO_RELAY;
    return 'sent';
  }

  #channelToClient(relay: RelayId, flow: FlowIndex, bytes: Uint8Array, start: number, end: number): Sent {
    if (!this.flows.isPermitted(flow)) return 'no-permission-in';
    const channel = this.flows.channelOf(flow);
    const bare = channel === BARE;
    const message = bare ? start : writeChannelHeader(bytes, start, channel, end - start);
    const sent = this.#deliver(this.flows.clientOf(relay), bytes, message, end, bare);
    if (sent === 'sent') this.#tally.toClient(relay, end - start);
    return sent;
  }

  #permittedToPeer(
    relay: RelayId,
    peer: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment: boolean,
  ): Sent {
    if (!this.flows.hasRelay(relay)) return 'no-relay';
    if (!this.flows.isFamilyOf(relay, peer)) return 'wrong-family';
    if (!this.flows.permits(relay, peer.w0, peer.w1, peer.w2, peer.w3)) return 'no-permission-out';
    return this.#send(relay, peer, bytes, start, end, dontFragment, false);
  }

  #send(
    relay: RelayId,
    peer: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment: boolean,
    hasHeader: boolean,
  ): Sent {
    if (end - start > longestTo(peer)) return 'too-long';
    if (peer.port === 0) return 'send-error';
    const near = this.near.at(relay, peer, this.#target);
    if (near === NOBODY) return 'no-relay';
    if (near !== FAR && !this.#isCrossing) return this.#cross(relay, near, bytes, start, end, hasHeader);
    const sent = this.#sockets.sendToPeer(relay, this.#target, bytes, start, end, dontFragment);
    if (sent === 'sent') this.#tally.toPeer(relay, end - start);
    return sent;
  }

  /**
   * From relay to relay within this engine, as if through the network: what the far side refuses, the near side has sent all the same.
   * Where a crossing leads to another one (no upcall does that), the second goes through the sockets.
   */
  #cross(from: RelayId, to: RelayId, bytes: Uint8Array, start: number, end: number, hasHeader: boolean): Sent {
    const source = this.#source;
    if (!this.near.readAdvertised(from, source)) return 'no-relay';
    this.#tally.toPeer(from, end - start);
    this.#tally.across(end - start);
    this.#isCrossing = true;
    const { w0, w1, w2, w3, port } = source;
    if (hasHeader && this.flows.flowOfPeer(to, w0, w1, w2, w3, port) !== NO_FLOW) {
      this.#count(this.#fromPeer(to, w0, w1, w2, w3, port, bytes, start, end));
    } else {
      const at = this.#sockets.copy(bytes, start, end);
      this.#count(this.#fromPeer(to, w0, w1, w2, w3, port, this.#sockets.copies, at, at + end - start));
    }
    this.#isCrossing = false;
    return 'sent';
  }

  #deliver(client: ClientId, bytes: Uint8Array, start: number, end: number, bare: boolean): Sent {
    const record = this.clients.get(client);
    if (record === undefined) return 'no-client';
    if (record.sink !== undefined) return record.sink.frame(bytes, start, end, bare) ? 'sent' : 'stream-slow';
    if (record.transport !== 'udp') return 'no-client'; // its stream has closed
    if (end - start > longestTo(record.address)) return 'too-long';
    if (record.address.port === 0) return 'send-error';
    return this.#sockets.sendToClient(record.listener, record.address, bytes, start, end);
  }
}

function longestTo(to: IpAddress): number {
  return familyOf(to) === 4 ? LONGEST_V4 : LONGEST_V6;
}
