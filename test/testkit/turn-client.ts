import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import {
  ATTRIBUTES,
  FrameReader,
  LONGEST_FRAME,
  METHODS,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../src/wire/index.ts';
import type { Reply } from './turn-reply.ts';
import {
  type AllocateWish,
  type Arrived,
  allocateWith,
  binding,
  type ClientCredential,
  channelData,
  permitting,
  TurnTalker,
  type Write,
} from './turn-talker.ts';

/** How a client's messages travel; `onMessage` gets each whole datagram or frame. */
export interface TestPath {
  readonly isStream: boolean;
  /** True until the far end or we have closed it. */
  readonly isOpen: boolean;
  onMessage: (bytes: Uint8Array) => void;
  send(message: Uint8Array): void;
  close(): Promise<void>;
}

/** Silence is an answer too: nothing came within this time. */
const SILENCE_MILLIS = 400;
const ANSWER_MILLIS = 5_000;

/** A TURN client over real sockets, for tests of whole edges. One request at a time; requests are not repeated. */
export class TurnTestClient {
  readonly path: TestPath;
  readonly talker: TurnTalker;
  /** Every payload that came, in order. */
  readonly arrived: Arrived[] = [];
  #waiting: { id: Uint8Array; answered: (reply: Reply) => void } | undefined;

  constructor(path: TestPath, credential: ClientCredential = { username: 'alice', password: 'wonderland' }) {
    this.path = path;
    this.talker = new TurnTalker(credential);
    path.onMessage = bytes => this.#onMessage(bytes);
  }

  /** Asks, and once more if challenged with a nonce; the answer, whatever it says. */
  async request(method: number, write: Write = () => {}): Promise<Reply> {
    const first = await this.exchange(this.talker.request(method, write));
    if (!this.talker.isChallenged(first)) return first;
    return this.exchange(this.talker.request(method, write));
  }

  /** Exactly these bytes, and their answer. */
  exchange(message: Uint8Array, patienceMillis = ANSWER_MILLIS): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), patienceMillis);
      const answered = (reply: Reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      this.#waiting = { id: message.slice(8, 20), answered };
      this.path.send(message);
    });
  }

  /** Whether a Binding request is answered at all. */
  isAnswered(patienceMillis = SILENCE_MILLIS): Promise<boolean> {
    const bare = new TurnTalker(this.talker.credential).request(METHODS.Binding);
    return this.exchange(bare, patienceMillis).then(
      () => true,
      () => false,
    );
  }

  allocate(wish: AllocateWish = {}): Promise<Reply> {
    return this.request(METHODS.Allocate, allocateWith(wish));
  }

  /** The relayed address of a new allocation; throws when there is none. */
  async relayed(wish: AllocateWish = {}): Promise<TransportAddress> {
    const reply = await this.allocate(wish);
    const [text] = reply.addresses(ATTRIBUTES.XorRelayedAddress);
    if (text === undefined) throw new Error(`Allocate: ${reply.summary}`);
    return endpoint(text);
  }

  refresh(seconds: number): Promise<Reply> {
    return this.request(METHODS.Refresh, w => w.uint32(ATTRIBUTES.Lifetime, seconds));
  }

  permit(...peers: readonly TransportAddress[]): Promise<Reply> {
    return this.request(METHODS.CreatePermission, permitting(peers));
  }

  bind(channel: number, peer: TransportAddress): Promise<Reply> {
    return this.request(METHODS.ChannelBind, binding(channel, peer));
  }

  indicate(peer: TransportAddress, payload: Uint8Array): void {
    this.path.send(this.talker.indication(peer, payload));
  }

  sendOn(channel: number, payload: Uint8Array): void {
    this.path.send(channelData(channel, payload, this.path.isStream));
  }

  close(): Promise<void> {
    return this.path.close();
  }

  #onMessage(bytes: Uint8Array): void {
    const heard = this.talker.hear(bytes);
    if (heard === 'junk') return;
    if ('payload' in heard) return void this.arrived.push(heard);
    const waiting = this.#waiting;
    if (waiting === undefined || Buffer.compare(waiting.id, heard.view.transactionId) !== 0) return;
    this.#waiting = undefined;
    waiting.answered(heard);
  }
}

/** `192.0.2.1:3478` or `[2001:db8::1]:3478` as an address. */
export function endpoint(text: string): TransportAddress {
  const colon = text.lastIndexOf(':');
  const ip = parseIp(text.slice(0, colon).replace(/^\[|\]$/g, ''));
  if (ip === undefined) throw new TypeError(`${text} is no transport address`);
  return withPort(ip, Number(text.slice(colon + 1)));
}

/** Until a client takes the path. */
const NOT_YET: TestPath['onMessage'] = () => {};

/** Over UDP, from an address of this machine: all of 127.0.0.0/8 is. */
export async function overUdp(port: number, to = '127.0.0.1', from = to, fromPort = 0): Promise<TestPath> {
  const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  let closing: Promise<void> | undefined;
  const path = {
    isStream: false,
    isOpen: true,
    onMessage: NOT_YET,
    send: (message: Uint8Array) => socket.send(message, port, to),
    close: () => (closing ??= new Promise<void>(resolve => socket.close(resolve))),
  };
  socket.on('message', message => path.onMessage(message));
  socket.bind(fromPort, from);
  await once(socket, 'listening');
  return path;
}

export async function overTcp(port: number, to = '127.0.0.1', from = to): Promise<TestPath & { socket: Socket }> {
  const socket = connect({ host: to, port, localAddress: from, noDelay: true });
  await once(socket, 'connect');
  return overStream(socket);
}

/** Over TLS. With `ca` the certificate must be one it vouches for. */
export async function overTls(port: number, to = '127.0.0.1', ca?: string): Promise<TestPath & { socket: TLSSocket }> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const socket = connectTls({ host: to, port, ALPNProtocols: ['stun.turn'], ...trust });
  await once(socket, 'secureConnect');
  return overStream(socket);
}

function overStream<S extends Socket>(socket: S): TestPath & { socket: S } {
  const reader = new FrameReader(LONGEST_FRAME);
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  const path = {
    socket,
    isStream: true,
    isOpen: true,
    onMessage: NOT_YET,
    send: (message: Uint8Array) => void socket.write(message),
    close: () => {
      socket.destroy();
      return closed;
    },
  };
  socket.on('data', chunk => reader.push(chunk, (bytes, start, end) => path.onMessage(bytes.slice(start, end))));
  socket.on('error', () => {}); // told by `close`
  socket.on('close', () => {
    path.isOpen = false;
  });
  return path;
}
