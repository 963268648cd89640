import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import {
  ATTRIBUTES,
  CLASSES,
  FrameReader,
  isChannelByte,
  LONGEST_FRAME,
  longTermKey,
  METHODS,
  MessageView,
  MessageWriter,
  PROTOCOL_UDP,
  type TransportAddress,
} from '../../src/wire/index.ts';
import { USERS } from './edge-bench.ts';
import { openTcp, openTls, until } from './stream-bytes.ts';
import { Reply } from './turn-reply.ts';

export type Build = (w: MessageWriter) => unknown;

/** What carries a client's bytes. */
interface Carrier {
  readonly socket: Socket | undefined;
  /** Where the client sends from, as the edge sees it. */
  readonly port: number;
  send(bytes: Uint8Array): void;
  onMessage: (bytes: Uint8Array) => void;
  close(): void;
}

export interface Identity {
  readonly username: string;
  readonly password: string;
}

const ALICE: Identity = { username: 'alice', password: USERS.alice! };

/** A client of a real edge, over any transport: it asks, answers challenges, and keeps what it is sent. */
export class EdgeClient {
  readonly #carrier: Carrier;
  readonly identity: Identity;
  /** Payloads that came from peers, by Data indication or ChannelData, in order. */
  readonly data: Buffer[] = [];
  readonly replies: Reply[] = [];
  #realm = '';
  #nonce = '';
  #key: Uint8Array | undefined;

  static async udp(port: number, identity = ALICE, host = '127.0.0.1'): Promise<EdgeClient> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>(resolve => socket.bind(0, host, resolve));
    const carrier: Carrier = {
      socket: undefined,
      port: socket.address().port,
      send: bytes => socket.send(bytes, port, host),
      onMessage: () => {},
      close: () => socket.close(),
    };
    socket.on('message', bytes => carrier.onMessage(bytes));
    return new EdgeClient(carrier, identity);
  }

  static async tcp(port: number, identity = ALICE, host = '127.0.0.1'): Promise<EdgeClient> {
    return new EdgeClient(streamCarrier(await openTcp(port, host)), identity);
  }

  static async tls(port: number, identity = ALICE, options: ConnectionOptions = {}): Promise<EdgeClient> {
    return new EdgeClient(streamCarrier(await openTls(port, options)), identity);
  }

  private constructor(carrier: Carrier, identity: Identity) {
    this.#carrier = carrier;
    this.identity = identity;
    carrier.onMessage = bytes => this.#onMessage(bytes);
  }

  /** The stream beneath; of UDP there is none. */
  get socket(): Socket {
    if (this.#carrier.socket === undefined) throw new Error('there is no stream');
    return this.#carrier.socket;
  }

  get port(): number {
    return this.#carrier.port;
  }

  binding(): Promise<Reply> {
    return this.#exchange(METHODS.Binding, () => {});
  }

  /** Asks until the challenges are over; any other answer is the answer. */
  async request(method: number, build: Build): Promise<Reply> {
    const first = await this.#exchange(method, build);
    if (first.code !== 401 && first.code !== 438) return first;
    this.#realm = first.text(ATTRIBUTES.Realm) ?? '';
    this.#nonce = first.text(ATTRIBUTES.Nonce) ?? '';
    this.#key = longTermKey('md5', this.identity.username, this.#realm, this.identity.password);
    return this.#exchange(method, build);
  }

  /** The relayed address. */
  async allocate(build: Build = () => {}): Promise<string> {
    const reply = await this.tryAllocate(build);
    const [relayed] = reply.addresses(ATTRIBUTES.XorRelayedAddress);
    if (relayed === undefined) throw new Error(`Allocate: ${reply.summary}`);
    return relayed;
  }

  tryAllocate(build: Build = () => {}): Promise<Reply> {
    return this.request(METHODS.Allocate, w => {
      build(w.raw(ATTRIBUTES.RequestedTransport, [PROTOCOL_UDP, 0, 0, 0]));
    });
  }

  permit(peer: TransportAddress): Promise<Reply> {
    return this.request(METHODS.CreatePermission, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, peer));
  }

  bindChannel(channel: number, peer: TransportAddress): Promise<Reply> {
    return this.request(METHODS.ChannelBind, w =>
      w.uint16(ATTRIBUTES.ChannelNumber, channel).xorAddress(ATTRIBUTES.XorPeerAddress, peer),
    );
  }

  refresh(seconds: number): Promise<Reply> {
    return this.request(METHODS.Refresh, w => w.uint32(ATTRIBUTES.Lifetime, seconds));
  }

  /** Send indication. */
  sendTo(peer: TransportAddress, payload: Uint8Array): void {
    const w = new MessageWriter(
      new Uint8Array(100 + payload.length),
      0,
      METHODS.Send,
      CLASSES.indication,
      randomBytes(12),
    );
    this.#carrier.send(w.xorAddress(ATTRIBUTES.XorPeerAddress, peer).raw(ATTRIBUTES.Data, payload).message);
  }

  sendOn(channel: number, payload: Uint8Array): void {
    this.#carrier.send(channelData(channel, payload));
  }

  /** Resolves when this many payloads have come. */
  async received(count: number, withinMillis = 5_000): Promise<Buffer[]> {
    await until(
      () => this.data.length >= count,
      withinMillis,
      () => `${this.data.length} of ${count} payloads came`,
    );
    return this.data;
  }

  close(): void {
    this.#carrier.close();
  }

  async #exchange(method: number, build: Build): Promise<Reply> {
    const transaction = randomBytes(12);
    const w = new MessageWriter(new Uint8Array(2048), 0, method, CLASSES.request, transaction);
    build(w);
    if (this.#key !== undefined && method !== METHODS.Binding) this.#sign(w, this.#key);
    this.#carrier.send(w.message);
    const answers = () => this.replies.find(({ view }) => Buffer.compare(view.transactionId, transaction) === 0);
    await until(
      () => answers() !== undefined,
      5_000,
      () => `an answer to method ${method}`,
    );
    return answers()!;
  }

  #sign(w: MessageWriter, key: Uint8Array): void {
    w.text(ATTRIBUTES.Username, this.identity.username)
      .text(ATTRIBUTES.Realm, this.#realm)
      .text(ATTRIBUTES.Nonce, this.#nonce)
      .integrity(key);
  }

  #onMessage(bytes: Uint8Array): void {
    if (isChannelByte(bytes[0]!)) return void this.data.push(Buffer.from(bytes.subarray(4)));
    const view = new MessageView();
    if (view.read(bytes, 0, bytes.length) !== 'ok') throw new Error('the edge sent what is no message');
    if (view.class !== CLASSES.indication) this.replies.push(new Reply(Buffer.from(bytes)));
    else this.data.push(Buffer.from(view.valueAt(view.find(ATTRIBUTES.Data))));
  }
}

/** ChannelData as a stream wants it, padded; UDP does not mind. */
export function channelData(channel: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array((4 + payload.length + 3) & ~3);
  message.set([channel >>> 8, channel & 255, payload.length >>> 8, payload.length & 255]);
  message.set(payload, 4);
  return message;
}

/** A Binding request of so many bytes: the rest is SOFTWARE-like filling that nobody must understand. */
export function bindingRequest(length = 20): Uint8Array {
  const w = new MessageWriter(new Uint8Array(length), 0, METHODS.Binding, CLASSES.request, randomBytes(12));
  return length === 20 ? w.message : w.raw(0xbfff, new Uint8Array(length - 24)).message;
}

function streamCarrier(socket: Socket): Carrier {
  const reader = new FrameReader(LONGEST_FRAME);
  const carrier: Carrier = {
    socket,
    port: socket.localPort ?? 0,
    send: bytes => void socket.write(bytes),
    onMessage: () => {},
    close: () => socket.destroy(),
  };
  socket.on('data', chunk => {
    const said = reader.push(chunk, (bytes, start, end) => carrier.onMessage(bytes.slice(start, end)));
    if (said !== 'ok') throw new Error(`the edge's stream is out of step: ${said}`);
  });
  return carrier;
}
