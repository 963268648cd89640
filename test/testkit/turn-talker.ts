import { randomBytes } from 'node:crypto';
import {
  AddressBuffer,
  ATTRIBUTES,
  type Channel,
  CLASSES,
  channelOf,
  copyOf,
  isChannelByte,
  lengthOf,
  longTermKey,
  METHODS,
  MessageView,
  MessageWriter,
  PROTOCOL_UDP,
  readXorAddressAt,
  type TransportAddress,
} from '../../src/wire/index.ts';
import { Reply } from './turn-reply.ts';

export interface ClientCredential {
  readonly username: string;
  readonly password: string;
}

export type Write = (w: MessageWriter) => unknown;

/** A payload that reached a client, and who sent it: a peer, or whoever a channel is bound to. */
export interface Arrived {
  readonly from: TransportAddress | Channel;
  readonly payload: Uint8Array;
}

export type Heard = Reply | Arrived | 'junk';

export interface AllocateWish {
  readonly family?: 4 | 6;
  readonly dual?: boolean;
  readonly lifetimeSeconds?: number;
  readonly evenPort?: 'even' | 'even-and-next';
  readonly token?: Uint8Array;
}

/** What every TURN client of a test says and understands, without sockets or time: it signs as soon as it has been challenged. */
export class TurnTalker {
  credential: ClientCredential;
  realm = '';
  nonce = '';
  readonly #transactionId: () => Uint8Array;
  readonly #view = new MessageView();
  #key: { readonly of: string; readonly bytes: Uint8Array } | undefined;

  constructor(credential: ClientCredential, transactionId: () => Uint8Array = () => randomBytes(12)) {
    this.credential = credential;
    this.#transactionId = transactionId;
  }

  /** A request, signed if there is a nonce. Its transaction id is bytes 8 to 20. */
  request(method: number, write: Write = () => {}): Uint8Array {
    const w = new MessageWriter(new Uint8Array(2048), 0, method, CLASSES.request, this.#transactionId());
    write(w);
    if (this.nonce === '') return w.message;
    w.text(ATTRIBUTES.Username, this.credential.username);
    w.text(ATTRIBUTES.Realm, this.realm).text(ATTRIBUTES.Nonce, this.nonce);
    return w.integrity(this.#keyNow()).message;
  }

  indication(peer: TransportAddress, payload: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(64 + payload.length);
    const w = new MessageWriter(bytes, 0, METHODS.Send, CLASSES.indication, this.#transactionId());
    return w.xorAddress(ATTRIBUTES.XorPeerAddress, peer).raw(ATTRIBUTES.Data, payload).message;
  }

  /** Keeps what a challenge says. Whether asking again may help. */
  isChallenged(reply: Reply): boolean {
    if (reply.code !== 401 && reply.code !== 438) return false;
    this.realm = reply.text(ATTRIBUTES.Realm) ?? this.realm;
    this.nonce = reply.text(ATTRIBUTES.Nonce) ?? this.nonce;
    return true;
  }

  /** Reads a datagram or frame; what it returns is a copy. A success without our integrity is junk. */
  hear(bytes: Uint8Array): Heard {
    if (bytes.length > 0 && isChannelByte(bytes[0]!)) return onChannel(bytes);
    const view = this.#view;
    if (view.read(bytes, 0, bytes.length) !== 'ok') return 'junk';
    if (view.method === METHODS.Data && view.class === CLASSES.indication) return onData(view);
    if (view.class !== CLASSES.success && view.class !== CLASSES.error) return 'junk';
    const reply = new Reply(bytes.slice());
    const vouched = !reply.isSuccess || view.method === METHODS.Binding || reply.isSealedBy('sha1', this.#keyNow());
    return vouched ? reply : 'junk';
  }

  #keyNow(): Uint8Array {
    const { username, password } = this.credential;
    const of = JSON.stringify([username, this.realm, password]);
    if (this.#key?.of !== of) this.#key = { of, bytes: longTermKey('md5', username, this.realm, password) };
    return this.#key.bytes;
  }
}

/** The attributes of an Allocate. */
export function allocateWith(wish: AllocateWish): Write {
  return w => {
    w.raw(ATTRIBUTES.RequestedTransport, [PROTOCOL_UDP, 0, 0, 0]);
    if (wish.family !== undefined) w.family(ATTRIBUTES.RequestedAddressFamily, wish.family);
    if (wish.dual) w.family(ATTRIBUTES.AdditionalAddressFamily, 6);
    if (wish.evenPort !== undefined) w.evenPort(wish.evenPort === 'even-and-next');
    if (wish.token !== undefined) w.raw(ATTRIBUTES.ReservationToken, wish.token);
    if (wish.lifetimeSeconds !== undefined) w.uint32(ATTRIBUTES.Lifetime, wish.lifetimeSeconds);
  };
}

export function permitting(peers: readonly TransportAddress[]): Write {
  return w => {
    for (const peer of peers) w.xorAddress(ATTRIBUTES.XorPeerAddress, peer);
  };
}

export function binding(channel: number, peer: TransportAddress): Write {
  return w => w.uint16(ATTRIBUTES.ChannelNumber, channel).xorAddress(ATTRIBUTES.XorPeerAddress, peer);
}

/** A ChannelData message; `padded` as streams want it (RFC 8656 §12.5). */
export function channelData(channel: number, payload: Uint8Array, padded: boolean): Uint8Array {
  const length = payload.length;
  const message = new Uint8Array(4 + (padded ? (length + 3) & ~3 : length));
  message.set([channel >> 8, channel & 255, length >> 8, length & 255]);
  message.set(payload, 4);
  return message;
}

function onChannel(bytes: Uint8Array): Arrived | 'junk' {
  const channel = channelOf(bytes, 0, bytes.length);
  return typeof channel === 'string' ? 'junk' : { from: channel, payload: bytes.slice(4, 4 + lengthOf(bytes, 0)) };
}

function onData(view: MessageView): Arrived | 'junk' {
  const from = new AddressBuffer();
  const data = view.find(ATTRIBUTES.Data);
  if (data < 0 || !readXorAddressAt(view, view.find(ATTRIBUTES.XorPeerAddress), from)) return 'junk';
  return { from: copyOf<TransportAddress>(from), payload: view.valueAt(data).slice() };
}
