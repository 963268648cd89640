import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  copyOf,
  FrameReader,
  formatIp,
  LONGEST_FRAME,
  METHODS,
  MessageView,
  PROTOCOL_TCP,
  readConnectionId,
  readXorAddressAt,
  type TransportAddress,
} from '../../src/wire/index.ts';
import { endpoint } from './turn-client.ts';
import { Reply } from './turn-reply.ts';
import { type ClientCredential, TurnTalker, type Write } from './turn-talker.ts';

export interface Attempt {
  readonly id: number;
  readonly peer: TransportAddress;
}

export interface Bound {
  readonly reply: Reply;
  /** Raw bytes from here on, if the reply is a success. Paused. */
  readonly socket: Socket;
}

/** How a connection to the edge is made: plain or TLS. */
export type Dial = () => Promise<Socket>;

export function plain(port: number, host = '127.0.0.1'): Dial {
  return async () => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  };
}

export function secure(port: number, host = '127.0.0.1'): Dial {
  return async () => {
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    socket.allowHalfOpen = true;
    await once(socket, 'secureConnect');
    return socket;
  };
}

/** A client with a TCP allocation (RFC 6062): a control connection, and one more for each peer. */
export class TcpRelayClient {
  readonly attempts: Attempt[] = [];
  readonly #dial: Dial;
  readonly #credential: ClientCredential;
  readonly #control: Conversation;
  readonly #sockets: Socket[] = [];

  static async over(
    dial: Dial,
    credential: ClientCredential = { username: 'alice', password: 'wonderland' },
  ): Promise<TcpRelayClient> {
    return new TcpRelayClient(dial, credential, await dial());
  }

  private constructor(dial: Dial, credential: ClientCredential, socket: Socket) {
    this.#dial = dial;
    this.#credential = credential;
    this.#control = new Conversation(socket, credential);
    this.#control.onIndication = bytes => this.#onIndication(bytes);
    this.#sockets.push(socket);
  }

  get isOpen(): boolean {
    return !this.#sockets[0]!.destroyed && !this.#sockets[0]!.readableEnded;
  }

  request(method: number, write?: Write): Promise<Reply> {
    return this.#control.request(method, write);
  }

  say(bytes: Uint8Array): void {
    this.#sockets[0]!.write(bytes);
  }

  allocate(write: Write = () => {}): Promise<Reply> {
    return this.request(METHODS.Allocate, w => {
      w.raw(ATTRIBUTES.RequestedTransport, [PROTOCOL_TCP, 0, 0, 0]);
      write(w);
    });
  }

  async relayed(write?: Write): Promise<TransportAddress> {
    const reply = await this.allocate(write);
    const [text] = reply.addresses(ATTRIBUTES.XorRelayedAddress);
    if (text === undefined) throw new Error(`Allocate: ${reply.summary}`);
    return endpoint(text);
  }

  permit(peer: TransportAddress): Promise<Reply> {
    return this.request(METHODS.CreatePermission, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, peer));
  }

  refresh(seconds: number): Promise<Reply> {
    return this.request(METHODS.Refresh, w => w.uint32(ATTRIBUTES.Lifetime, seconds));
  }

  connect(peer: TransportAddress): Promise<Reply> {
    return this.request(METHODS.Connect, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, peer));
  }

  /** On a connection of its own; `behind` are bytes that follow the request in the same write. */
  async bind(id: number, credential = this.#credential, behind = new Uint8Array(0)): Promise<Bound> {
    const socket = await this.#dial();
    this.#sockets.push(socket);
    const talk = new Conversation(socket, credential);
    const reply = await talk.request(METHODS.ConnectionBind, w => w.uint32(ATTRIBUTES.ConnectionId, id), behind);
    talk.leave();
    return { reply, socket };
  }

  /** Connects to a peer and binds. */
  async to(peer: TransportAddress): Promise<Socket> {
    const reply = await this.connect(peer);
    const { reply: bound, socket } = await this.bind(connectionIdOf(reply));
    if (!bound.isSuccess) throw new Error(`ConnectionBind: ${bound.summary}`);
    return socket;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#sockets.map(async socket => {
        const closed = socket.closed ? undefined : once(socket, 'close');
        socket.destroy();
        await closed;
      }),
    );
  }

  #onIndication(bytes: Uint8Array): void {
    const view = new MessageView();
    const peer = new AddressBuffer();
    if (view.read(bytes, 0, bytes.length) !== 'ok' || view.method !== METHODS.ConnectionAttempt) return;
    readXorAddressAt(view, view.find(ATTRIBUTES.XorPeerAddress), peer);
    const id = readConnectionId(view, view.find(ATTRIBUTES.ConnectionId))!;
    this.attempts.push({ id, peer: copyOf<TransportAddress>(peer) });
  }
}

export function connectionIdOf(reply: Reply): number {
  const id = readConnectionId(reply.view, reply.view.find(ATTRIBUTES.ConnectionId));
  if (id === undefined) throw new Error(`no CONNECTION-ID: ${reply.summary}`);
  return id;
}

/** Requests and their answers on one connection, until it carries something else. */
class Conversation {
  readonly #socket: Socket;
  readonly #talker: TurnTalker;
  readonly #reader = new FrameReader(LONGEST_FRAME);
  #answered: ((reply: Reply) => void) | undefined;
  onIndication: (bytes: Uint8Array) => void = () => {};

  constructor(socket: Socket, credential: ClientCredential) {
    this.#socket = socket;
    this.#talker = new TurnTalker(credential);
    socket.on('error', () => {}); // told by `close`
    socket.on('data', this.#onData);
  }

  async request(method: number, write?: Write, behind = new Uint8Array(0)): Promise<Reply> {
    const first = await this.#exchange(this.#talker.request(method, write));
    if (!this.#talker.isChallenged(first)) return first;
    return this.#exchange(Buffer.concat([this.#talker.request(method, write), behind]));
  }

  /** What has come behind the last answer stays in the socket. */
  leave(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.pause();
  }

  #exchange(message: Uint8Array): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), 35_000);
      const gone = () => reject(new Error('closed instead of an answer'));
      this.#socket.once('close', gone);
      this.#answered = reply => {
        clearTimeout(timer);
        this.#socket.off('close', gone);
        resolve(reply);
      };
      this.#socket.write(message);
    });
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#reader.push(chunk, (bytes, start, end) => {
      const message = bytes.slice(start, end);
      const view = new MessageView();
      if (view.read(message, 0, message.length) === 'ok' && view.class === CLASSES.indication) {
        this.onIndication(message);
        return;
      }
      const reply = new Reply(message);
      if (reply.isSuccess && view.method === METHODS.ConnectionBind) {
        this.leave();
        this.#socket.unshift(this.#reader.handOver());
      }
      this.#answered?.(reply);
    });
  };
}

export function hostOf(address: TransportAddress): string {
  return formatIp(address);
}
