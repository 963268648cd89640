import type {
  AddressBuffer,
  ClientAddress,
  ClientId,
  Family,
  IpAddress,
  Millis,
  PeerAddress,
  RelayId,
  Transport,
  TransportAddress,
} from '../wire/index.ts';
import type { Refusal } from './effects.ts';

/** A client's 5-tuple. Lent: copy what is kept. `id` lasts while the client has an open relay or its stream is open. */
export interface Client {
  readonly id: ClientId;
  readonly transport: Transport;
  readonly address: ClientAddress;
  /** Our own address and port that it reached. */
  readonly local: TransportAddress;
}

export type QuotaRefusal = Extract<Refusal, `${string}-quota`>;

export type PasswordAlgorithm = 'md5' | 'sha-256';

/** A user who may be authenticated. */
export interface Credential {
  /** Whose quota this counts against and who stands in the log: for `expiry:user` credentials, the whole username. */
  readonly user: string;
  /** The identity quotas count: for `expiry:user` credentials the part after the expiry, so that minting anew is no way out. */
  readonly identity: string;
  /**
   * The candidate long-term keys (RFC 8489 §9.2.2) for the realm, in order: with several secrets at once, the right one is the
   * first whose integrity matches. Never empty.
   */
  readonly keys: readonly Uint8Array[];
  /** When whatever was granted with it ends. Infinity for static users. */
  readonly expiresAt: Millis;
}

/** What `turn` asks of the rest of the edge. Every answer is immediate. */
export interface Questions {
  credential(
    username: string,
    algorithm: PasswordAlgorithm,
    now: Millis,
  ): Credential | 'unknown-user' | 'credential-expired';
  /** By the raw bytes of a username of the Microsoft dialect: a relay token, which is good on one side of the edge, or the text of any other. Its keys are MD5. */
  credentialOfBytes(
    username: Uint8Array,
    client: Client,
    now: Millis,
  ): Credential | 'unknown-user' | 'credential-expired' | 'wrong-side';
  /** `userhash` is SHA-256(username ":" realm), RFC 8489 §14.4. */
  credentialByHash(
    userhash: Uint8Array,
    algorithm: PasswordAlgorithm,
    now: Millis,
  ): Credential | 'unknown-user' | 'credential-expired';
  /** Told each time a request's integrity has matched one of the credential's keys, before the request is obeyed: its life starts with its first use. */
  accepted(credential: Credential, now: Millis): void;
  /** May this identity exchange data with this address? Port 0 asks for the address alone (CreatePermission). A rule name says why not. */
  peer(peer: PeerAddress, identity: string): 'allowed' | { readonly deniedBy: string };
  /** Is this where the edge itself listens, under any spelling? Asked for every Send indication: the answer may make no objects. */
  isOwnEndpoint(peer: TransportAddress): boolean;
  /**
   * Takes one allocation out of the quotas, given back by one `release` for the same client. Where the quotas are not at hand, the
   * answer is 'reserved' and a refusal comes as `onRelayFailed`; the place is given back all the same.
   */
  reserve(identity: string, client: Client): 'reserved' | QuotaRefusal;
  release(identity: string, client: Client): void;
  /**
   * The most bytes that may be answered to a message nobody has vouched for: 0 is silence, Infinity is no limit (streams).
   * Spends from the source prefix's budget when it is not 0.
   */
  answerBudget(client: Client, requestLength: number, now: Millis): number;
  /** Our address to bind for a relay of this family for this client, and what the client is told instead of it (NAT). Undefined: no such family. */
  relayIp(client: Client, family: Family): IpAddress | undefined;
  /**
   * The address of ours with another IP address and another port than the one this client reached, whose sockets and ours answer for each
   * other (RFC 5780 §6.1). Undefined where there is none.
   */
  alternate(client: Client): TransportAddress | undefined;
  /** Gives one of our own addresses the spelling that peers are known by, in place: the advertised one. Asked for every Send: it makes no objects. */
  advertise(peer: AddressBuffer): void;
  /** The address a client is told for a relay socket (the same, or the public one behind a NAT). */
  advertised(relay: TransportAddress): TransportAddress;
}

/** The packet path out of `turn`: numbers and borrowed bytes, no objects made. */
export interface PacketSink {
  toClient(client: ClientId, bytes: Uint8Array, start: number, end: number): void;
  /** Refused and counted by the data plane unless the peer is permitted. */
  toPeer(
    relay: RelayId,
    peer: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment: boolean,
  ): void;
  /** What a relay has carried so far. */
  trafficOf(relay: RelayId): { readonly toPeers: Carried; readonly toClients: Carried };
}

export interface Carried {
  readonly datagrams: number;
}

export interface TurnSettings {
  readonly realm: string;
  /** 32 secret bytes; signs nonces and reservation tokens. */
  readonly nonceKey: Uint8Array;
  readonly nonceLifetimeSeconds: number;
  readonly lifetimeSeconds: { readonly default: number; readonly most: number };
  /** How long an allocation of the Microsoft dialect on a stream may carry nothing. */
  readonly idleSeconds: number;
  readonly permissionsPerAllocation: number;
  readonly channelsPerAllocation: number;
  /** TCP connections to peers, pending and bound. */
  readonly connectionsPerAllocation: number;
  /** Whether the engine has TCP relays (RFC 6062, MS-TURN over streams). */
  readonly canRelayTcp: boolean;
  /** Which of how many workers this is, from 0: a CONNECTION-ID names its worker. */
  readonly worker: { readonly index: number; readonly count: number };
  /** Whether the engine honours DONT-FRAGMENT. */
  readonly canDontFragment: boolean;
  /** Offer SHA-256 password algorithm; `anonymity` offers USERHASH (only where every user can be found by hash). */
  readonly features: { readonly passwordAlgorithms: boolean; readonly anonymity: boolean };
  /** Fresh random bytes, from a CSPRNG in production. */
  readonly randomBytes: (length: number) => Uint8Array;
}
