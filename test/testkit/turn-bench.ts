import { createHash } from 'node:crypto';
import {
  type Client,
  type Credential,
  type Effect,
  type PacketSink,
  type PasswordAlgorithm,
  type Questions,
  type ReservationNews,
  TurnServer,
  type TurnSettings,
} from '../../src/turn/index.ts';
import {
  type AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  type ClientAddress,
  type ClientId,
  familyOf,
  formatAddress,
  formatIp,
  type IpAddress,
  longTermKey,
  METHODS,
  type MessageView,
  MessageWriter,
  type Millis,
  type PeerAddress,
  parseIp,
  type RelayAddress,
  type RelayId,
  type Transport,
  type TransportAddress,
  userhash,
  withPort,
} from '../../src/wire/index.ts';
import { readReply } from './turn-reply.ts';

export const REALM = 'example.test'; // 12 bytes: the shortest challenge is exactly twice a bare Allocate
export const START: Millis = 1_700_000_000_000;
export const PASSWORDS: Readonly<Record<string, string>> = { alice: 'wonderland', bob: 'builder' };

export function address<A extends TransportAddress>(ip: string, port: number): A {
  const parsed = parseIp(ip);
  if (parsed === undefined) throw new TypeError(`${ip} is no address`);
  return withPort(parsed, port) as A;
}
export const peer = (ip: string, port: number): PeerAddress => address<PeerAddress>(ip, port);
export const PEER = peer('203.0.113.9', 4000);

/** What was sent through the sink, bytes copied. */
export interface Sent {
  readonly to: string;
  readonly bytes: Uint8Array;
}

export interface Rules {
  /** Bytes that may be answered to strangers, as a multiple of the request; streams are not limited. */
  factor: number;
  most: number;
  denied: (peer: PeerAddress) => boolean;
  ownPorts: readonly number[];
  families: readonly (4 | 6)[];
  credentialEnds: Millis;
  /** What answers for our listener (RFC 5780). */
  alternate: TransportAddress | undefined;
  /** Rewrites our own addresses to the one name that peers know. */
  advertise: (peer: AddressBuffer) => void;
  /** Extra users, by name. */
  users: Record<string, string>;
  expired: Set<string>;
  /** Keys of secrets before the right one. */
  otherKeys: Uint8Array[];
}

/** A server with small honest answerers around it, and the time in hand. */
export class TurnBench {
  now: Millis = START;
  readonly sent: Sent[] = [];
  readonly reserved = new Map<string, number>();
  readonly accepted: string[] = [];
  readonly asked: number[] = [];
  /** What every relay has carried, as it says. */
  carried = 0;
  readonly server: TurnServer;
  readonly settings: TurnSettings;
  readonly rules: Rules = {
    factor: 2,
    most: 100,
    denied: () => false,
    ownPorts: [3478],
    families: [4, 6],
    credentialEnds: Infinity,
    alternate: undefined,
    advertise: () => {},
    users: {},
    expired: new Set(),
    otherKeys: [],
  };
  #dice = 0;

  constructor(settings: Partial<TurnSettings> = {}, news?: ReservationNews) {
    this.settings = {
      realm: REALM,
      nonceKey: new Uint8Array(32).fill(7),
      nonceLifetimeSeconds: 3600,
      lifetimeSeconds: { default: 600, most: 3600 },
      idleSeconds: 120,
      permissionsPerAllocation: 4,
      channelsPerAllocation: 3,
      connectionsPerAllocation: 3,
      canRelayTcp: true,
      worker: { index: 0, count: 1 },
      canDontFragment: false,
      features: { passwordAlgorithms: true, anonymity: true },
      randomBytes: length => this.#bytes(length),
      ...settings,
    };
    this.server = new TurnServer(this.settings, this.#questions(), this.#sink(), news);
  }

  message(client: Client, bytes: Uint8Array): readonly Effect[] {
    return this.server.onMessage(client, bytes, 0, bytes.length, this.now);
  }

  /** Everything due up to then happens at its own time. */
  pass(milliseconds: Millis): Effect[] {
    const until = this.now + milliseconds;
    const effects: Effect[] = [];
    while (this.server.nextDeadline() <= until) {
      this.now = Math.max(this.now, this.server.nextDeadline());
      effects.push(...this.server.onDeadline(this.now));
    }
    this.now = until;
    return effects;
  }

  get reservedNow(): number {
    return [...this.reserved.values()].reduce((sum, n) => sum + n, 0);
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256')
        .update(`dice ${this.#dice++}`)
        .digest();
      bytes.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return bytes;
  }

  #credential(user: string | undefined, algorithm: PasswordAlgorithm): ReturnType<Questions['credential']> {
    const password = user === undefined ? undefined : (this.rules.users[user] ?? PASSWORDS[user]);
    if (user === undefined || password === undefined) return 'unknown-user';
    if (this.rules.expired.has(user)) return 'credential-expired';
    const keys = [...this.rules.otherKeys, longTermKey(algorithm, user, REALM, password)];
    return { user, identity: user.replace(/^\d+:/, ''), keys, expiresAt: this.rules.credentialEnds };
  }

  #questions(): Questions {
    const { rules } = this;
    const names = () => [...Object.keys(PASSWORDS), ...Object.keys(rules.users)];
    return {
      credential: (username, algorithm) => this.#credential(username, algorithm),
      credentialOfBytes: username => this.#credential(Buffer.from(username).toString(), 'md5'),
      credentialByHash: (hash, algorithm) =>
        this.#credential(
          names().find(name => Buffer.compare(userhash(name, REALM), hash) === 0),
          algorithm,
        ),
      accepted: (credential: Credential) => void this.accepted.push(credential.user),
      peer: asked => (rules.denied(asked) ? { deniedBy: 'test rule' } : 'allowed'),
      isOwnEndpoint: ({ port }) => rules.ownPorts.includes(port),
      reserve: identity => {
        const taken = this.reserved.get(identity) ?? 0;
        if (taken >= rules.most) return 'user-quota';
        this.reserved.set(identity, taken + 1);
        return 'reserved';
      },
      release: identity => {
        const taken = this.reserved.get(identity) ?? 0;
        if (taken < 1) throw new Error('released what was not reserved');
        this.reserved.set(identity, taken - 1);
      },
      answerBudget: (client, length) => {
        this.asked.push(length);
        return client.transport === 'udp' ? length * rules.factor : Infinity;
      },
      relayIp: (_, family) => (rules.families.includes(family) ? (RELAY_IPS[family] as IpAddress) : undefined),
      alternate: ({ transport }) => (transport === 'udp' ? rules.alternate : undefined),
      advertise: peer => rules.advertise(peer),
      advertised: relay => (familyOf(relay) === 4 ? address('192.0.2.99', relay.port) : relay),
    };
  }

  #sink(): PacketSink {
    return {
      trafficOf: () => ({ toPeers: { datagrams: this.carried }, toClients: { datagrams: 0 } }),
      toClient: (client, bytes, start, end) =>
        void this.sent.push({ to: `client ${client}`, bytes: bytes.slice(start, end) }),
      toPeer: (relay, to, bytes, start, end, dontFragment) =>
        void this.sent.push({
          to: `relay ${relay} ${formatAddress(to)}${dontFragment ? ' whole' : ''}`,
          bytes: bytes.slice(start, end),
        }),
    };
  }
}

export const RELAY_IPS = { 4: parseIp('10.0.0.1'), 6: parseIp('2001:db8::1') } as const;

export interface Signing {
  readonly user?: string;
  readonly password?: string;
  readonly nonce?: string;
  readonly kind?: 'sha1' | 'sha256' | 'both';
  readonly algorithm?: PasswordAlgorithm;
  readonly byHash?: boolean;
  readonly transactionId?: Uint8Array;
  readonly fingerprint?: boolean;
}

/** A client that knows its password: asks for a nonce, signs what it sends, reads what it gets. */
export class TestClient {
  readonly bench: TurnBench;
  readonly tuple: Client;
  user = 'alice';
  nonce = '';
  #transactions = 0;

  constructor(
    bench: TurnBench,
    id: number,
    { ip = '198.51.100.7', port = 5000 + id, transport = 'udp' as Transport } = {},
  ) {
    this.bench = bench;
    const local = address('10.0.0.1', 3478);
    this.tuple = { id: id as ClientId, transport, address: address<ClientAddress>(ip, port), local };
  }

  transactionId(): Uint8Array {
    const id = new Uint8Array(12).fill(0xa5);
    new DataView(id.buffer).setUint32(8, ++this.#transactions);
    new DataView(id.buffer).setUint32(4, this.tuple.id);
    return id;
  }

  /** An unsigned message. */
  message(
    method: number,
    messageClass: number,
    write: (w: MessageWriter) => void = () => {},
    id = this.transactionId(),
  ): Uint8Array {
    const w = new MessageWriter(new Uint8Array(2048), 0, method, messageClass, id);
    write(w);
    return w.message.slice();
  }

  send(bytes: Uint8Array): readonly Effect[] {
    return this.bench.message(this.tuple, bytes);
  }

  /** Does what a client does first: asks, is refused, and keeps the nonce. */
  learnNonce(): string {
    const bare = this.message(METHODS.Allocate, CLASSES.request, w =>
      w.raw(ATTRIBUTES.RequestedTransport, [17, 0, 0, 0]),
    );
    this.nonce = readReply(this.send(bare)).text(ATTRIBUTES.Nonce) ?? '';
    return this.nonce;
  }

  signed(method: number, write: (w: MessageWriter) => void = () => {}, signing: Signing = {}): Uint8Array {
    const { user = this.user, kind = 'sha1', algorithm = 'md5', nonce = this.nonce || this.learnNonce() } = signing;
    const password = signing.password ?? PASSWORDS[user] ?? this.bench.rules.users[user] ?? '';
    const key = longTermKey(algorithm, user, REALM, password);
    return this.message(
      method,
      CLASSES.request,
      w => {
        write(w);
        if (signing.byHash) w.raw(ATTRIBUTES.Userhash, userhash(user, REALM));
        else w.text(ATTRIBUTES.Username, user);
        w.text(ATTRIBUTES.Realm, REALM).text(ATTRIBUTES.Nonce, nonce);
        if (kind !== 'sha256') w.integrity(key);
        if (kind !== 'sha1') w.integritySha256(key);
        if (signing.fingerprint) w.fingerprint();
      },
      signing.transactionId,
    );
  }

  request(method: number, write: (w: MessageWriter) => void = () => {}, signing: Signing = {}): readonly Effect[] {
    return this.send(this.signed(method, write, signing));
  }

  allocate(write: (w: MessageWriter) => void = () => {}, signing: Signing = {}): readonly Effect[] {
    return this.request(
      METHODS.Allocate,
      w => {
        w.raw(ATTRIBUTES.RequestedTransport, [17, 0, 0, 0]);
        write(w);
      },
      signing,
    );
  }

  /** Allocates, and says that each socket was opened. The effects are those of the last opening: the reply. */
  allocated(write: (w: MessageWriter) => void = () => {}, signing: Signing = {}): readonly Effect[] {
    return openAll(this.bench, this.allocate(write, signing));
  }

  refresh(seconds?: number, write: (w: MessageWriter) => void = () => {}): readonly Effect[] {
    return this.request(METHODS.Refresh, w => {
      if (seconds !== undefined) w.uint32(ATTRIBUTES.Lifetime, seconds);
      write(w);
    });
  }

  permit(...peers: readonly TransportAddress[]): readonly Effect[] {
    return this.request(METHODS.CreatePermission, w => {
      for (const p of peers) w.xorAddress(ATTRIBUTES.XorPeerAddress, p);
    });
  }

  bind(channel: number, to: TransportAddress): readonly Effect[] {
    return this.request(METHODS.ChannelBind, w =>
      w.raw(ATTRIBUTES.ChannelNumber, [channel >> 8, channel & 255, 0, 0]).xorAddress(ATTRIBUTES.XorPeerAddress, to),
    );
  }

  indicate(to: TransportAddress, payload: Uint8Array, write: (w: MessageWriter) => void = () => {}): readonly Effect[] {
    return this.send(
      this.message(METHODS.Send, CLASSES.indication, w => {
        w.xorAddress(ATTRIBUTES.XorPeerAddress, to).raw(ATTRIBUTES.Data, payload);
        write(w);
      }),
    );
  }
}

export function portOf(relay: RelayId): number {
  return 50_000 + 2 * relay;
}

/** Answers every open-relay as an engine would that has ports enough. */
export function openAll(bench: TurnBench, effects: readonly Effect[]): readonly Effect[] {
  let last = effects;
  for (const effect of effects) {
    if (effect.do !== 'open-relay') continue;
    const port = typeof effect.port === 'object' ? effect.port.reserved : portOf(effect.relay);
    const next = effect.port === 'even-and-next' ? port + 1 : undefined;
    last = bench.server.onRelayOpened(effect.relay, withPort(effect.ip, port) as RelayAddress, next, bench.now);
  }
  return last;
}

/** Effects as short sentences, for tables. */
export function said(effects: readonly Effect[]): string[] {
  return effects.map(effect => {
    switch (effect.do) {
      case 'reply':
        return readReply([effect]).summary;
      case 'open-relay':
        return `open-relay ${formatIp(effect.ip)} ${typeof effect.port === 'object' ? `reserved ${effect.port.reserved}` : effect.port}${effect.transport === 'udp' ? '' : ` ${effect.transport}`}`;
      case 'connect-link':
        return `connect-link ${effect.link} ${effect.relay} ${formatAddress(effect.peer)}`;
      case 'bind-link':
        return `bind-link ${effect.link} ${effect.client}`;
      case 'bind-elsewhere':
        return `bind-elsewhere ${effect.worker} ${effect.user}`;
      case 'close-link':
        return `close-link ${effect.link}`;
      case 'close-relay':
        return `close-relay ${effect.relay}`;
      case 'release-reservation':
        return `release-reservation ${effect.port}`;
      case 'permit':
      case 'forbid':
        return `${effect.do} ${effect.relay} ${formatIp(effect.peer)}`;
      case 'install-channel':
        return `install-channel ${effect.relay} ${effect.channel.toString(16)} ${formatAddress(effect.peer)}`;
      case 'remove-channel':
        return `remove-channel ${effect.relay} ${effect.channel.toString(16)}`;
      case 'send-to-peer':
        return `send-to-peer ${effect.relay} ${formatAddress(effect.peer)} ${effect.end - effect.start}`;
      case 'count-refusal':
        return effect.rule === undefined ? `refused ${effect.refusal}` : `refused ${effect.refusal} by ${effect.rule}`;
      case 'allocation-ended':
        return `ended ${effect.allocation.reason}`;
      default:
        return effect satisfies never;
    }
  });
}

export type { MessageView };
