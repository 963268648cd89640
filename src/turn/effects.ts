import type {
  Channel,
  ClientId,
  IpAddress,
  LinkId,
  RelayId,
  RelayTransport,
  Transport,
  TransportAddress,
} from '../wire/index.ts';

/** What the state machines want done. `server` does it, in order; nothing in `turn` touches a socket. */
export type Effect =
  | {
      readonly do: 'reply';
      readonly client: ClientId;
      readonly bytes: Uint8Array;
      /** From another listener of ours, to this port of the client's IP address (RFC 5780 §6.1). */
      readonly via?: { readonly from: TransportAddress; readonly port: number };
    }
  | {
      readonly do: 'open-relay';
      readonly relay: RelayId;
      readonly client: ClientId;
      readonly ip: IpAddress;
      readonly port: 'any' | 'even' | 'even-and-next' | { readonly reserved: number };
      readonly dontFragment: boolean;
      readonly transport: RelayTransport;
      /** TCP connections to peers at once, at most. */
      readonly mostConnections: number;
    }
  | { readonly do: 'close-relay'; readonly relay: RelayId }
  /** A TCP connection from the relay to a peer whom policy allows: `onPeerConnected` or `onPeerConnectFailed` tells of it. */
  | { readonly do: 'connect-link'; readonly link: LinkId; readonly relay: RelayId; readonly peer: TransportAddress }
  /** From here on bytes go between this client's connection and the peer's as they are. The answer has been sent. */
  | { readonly do: 'bind-link'; readonly link: LinkId; readonly client: ClientId }
  | { readonly do: 'close-link'; readonly link: LinkId }
  /** The connection is another worker's: it is asked, and `onBoundElsewhere` tells what it said. */
  | {
      readonly do: 'bind-elsewhere';
      readonly client: ClientId;
      readonly worker: number;
      readonly connection: number;
      readonly user: string;
    }
  | { readonly do: 'release-reservation'; readonly ip: IpAddress; readonly port: number }
  | { readonly do: 'permit'; readonly relay: RelayId; readonly peer: IpAddress }
  | { readonly do: 'forbid'; readonly relay: RelayId; readonly peer: IpAddress }
  | {
      readonly do: 'install-channel';
      readonly relay: RelayId;
      readonly channel: Channel;
      readonly peer: TransportAddress;
    }
  | { readonly do: 'remove-channel'; readonly relay: RelayId; readonly channel: Channel }
  /** A payload for a peer whose permission is among the effects before it. Borrowed: it is sent before the event's call returns. */
  | {
      readonly do: 'send-to-peer';
      readonly relay: RelayId;
      readonly peer: TransportAddress;
      readonly bytes: Uint8Array;
      readonly start: number;
      readonly end: number;
    }
  /** Something was refused, silently or with an error response: counted by reason, logged at debug. */
  | {
      readonly do: 'count-refusal';
      readonly refusal: Refusal;
      readonly client: ClientId;
      readonly peer?: TransportAddress;
      readonly rule?: string;
    }
  /** One per allocation, when it ends: the log line and the metrics. Comes after its `close-relay`s. */
  | { readonly do: 'allocation-ended'; readonly allocation: AllocationRecord };

export interface AllocationRecord {
  readonly user: string;
  readonly transport: Transport;
  /** Whose it was; the id may be given to another client right after. */
  readonly clientId: ClientId;
  readonly client: TransportAddress;
  /** Our own address that it reached. */
  readonly local: TransportAddress;
  readonly relays: readonly { readonly relay: RelayId; readonly address: TransportAddress }[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly reason: EndReason;
}

export type EndReason =
  | 'refreshed-to-zero'
  | 'expired'
  | 'idle'
  | 'credential-expired'
  | 'client-closed'
  | 'stopped'
  | 'killed';

/**
 * Every way a request or message is refused, by name. `code` is the STUN error that answers it, or 0 for silence.
 * The names are the values of `sallyport_refusals_total{reason}`.
 */
export const REFUSALS = {
  // silence
  malformed: 0,
  'not-stun': 0,
  'stray-response': 0,
  'unknown-indication': 0,
  'send-without-allocation': 0,
  'send-malformed': 0,
  'send-wrong-family': 0,
  'send-to-own-endpoint': 0,
  'stranger-method': 0,
  'answer-budget': 0,
  'bad-fingerprint': 0,
  'send-on-tcp-relay': 0,
  'peer-without-permission': 0, // a TCP connection of a peer nobody has let in
  'connection-not-bound': 0, // no ConnectionBind came in time
  'ms-without-allocation': 0,
  'ms-malformed': 0,
  'ms-other-user': 0,
  'ms-other-connection': 0,
  'ms-replayed': 0,
  'ms-wrong-integrity': 0,
  // answered
  'bad-request': 400,
  'unknown-method': 400,
  'connection-unknown': 400,
  unauthenticated: 401,
  'unknown-user': 401,
  'credential-expired': 401,
  'wrong-side': 401, // a relay token of the other side, in the Microsoft dialect
  'wrong-integrity': 401,
  'peer-denied': 403,
  'channel-on-tcp-relay': 403,
  'unknown-attribute': 420,
  'allocation-mismatch': 437,
  'missing-username': 432, // this and the next two are said in the Microsoft dialect only
  'missing-realm': 434,
  'missing-nonce': 435,
  'stale-nonce': 438,
  'no-destination': 440, // the same
  'unsupported-family': 440,
  'wrong-credentials': 441,
  'unsupported-transport': 442,
  'peer-family-mismatch': 443,
  'connection-exists': 446,
  'connection-failed': 447,
  'user-quota': 486,
  'prefix-quota': 486,
  'total-quota': 486,
  'no-ports': 508,
  'relay-failed': 508,
  'reservation-unknown': 508,
  'permission-limit': 508,
  'channel-limit': 508,
  'connection-limit': 508,
} as const;
export type Refusal = keyof typeof REFUSALS;
