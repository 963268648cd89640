import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  copyOf,
  FrameReader,
  familyOf,
  formatIp,
  type IpAddress,
  LONGEST_FRAME,
  longTermKey,
  METHODS,
  MessageView,
  MessageWriter,
  PROTOCOL_UDP,
  parseIp,
  readErrorCode,
  readText,
  readXorAddressAt,
  type TransportAddress,
  verifyIntegrity,
  withPort,
} from '../wire/index.ts';

/** How a client's bytes travel. One `onMessage` per whole STUN message. */
export interface Path {
  /** Where its bytes come from. */
  readonly from: TransportAddress;
  send(message: Uint8Array): void;
  onMessage: (bytes: Uint8Array, start: number, end: number) => void;
  close(): void;
}

export interface ClientCredential {
  readonly username: string;
  readonly password: string;
}

interface Refused {
  readonly error: number;
  readonly reason: string;
}

const ANSWER_MILLIS = 1_000;

/**
 * The client side of one allocation, as small as a check of our own edge needs it: Allocate, CreatePermission, Data indications,
 * release. One request at a time, no retransmission: it talks to an edge on the same machine.
 */
export class TurnClient {
  readonly #path: Path;
  readonly #credential: ClientCredential;
  #allocated = false;
  readonly #view = new MessageView();
  #realm = '';
  #nonce = '';
  #key: Uint8Array | undefined;
  #waiting: { transaction: Uint8Array; answered: (view: MessageView) => void } | undefined;
  /** Called with each Data indication's payload, borrowed. */
  onData: (payload: Uint8Array) => void = () => {};

  constructor(path: Path, credential: ClientCredential) {
    this.#path = path;
    this.#credential = credential;
    path.onMessage = (bytes, start, end) => this.#onMessage(bytes, start, end);
  }

  /** The relayed address. */
  async allocate(family: 4 | 6): Promise<TransportAddress> {
    const ask = (w: MessageWriter) => {
      w.raw(ATTRIBUTES.RequestedTransport, [PROTOCOL_UDP, 0, 0, 0]);
      if (family === 6) w.raw(ATTRIBUTES.RequestedAddressFamily, [2, 0, 0, 0]);
    };
    const relayed = await this.#request(METHODS.Allocate, ask, view => addressIn(view, ATTRIBUTES.XorRelayedAddress));
    this.#allocated = true;
    if (relayed === undefined) throw new Error('the Allocate success has no XOR-RELAYED-ADDRESS');
    return relayed;
  }

  permit(peer: TransportAddress): Promise<unknown> {
    return this.#request(
      METHODS.CreatePermission,
      w => w.xorAddress(ATTRIBUTES.XorPeerAddress, peer),
      () => undefined,
    );
  }

  /** Gives the allocation back, if there is one. */
  async release(): Promise<void> {
    if (!this.#allocated) return;
    this.#allocated = false;
    await this.#request(
      METHODS.Refresh,
      w => w.uint32(ATTRIBUTES.Lifetime, 0),
      () => undefined,
    );
  }

  send(peer: TransportAddress, payload: Uint8Array): void {
    const message = this.#begin(METHODS.Send, CLASSES.indication, randomBytes(12), payload.length);
    this.#path.send(message.xorAddress(ATTRIBUTES.XorPeerAddress, peer).raw(ATTRIBUTES.Data, payload).message);
  }

  close(): void {
    this.#path.close();
  }

  /** Asks, answers a 401 or 438 challenge once, and reads what the success holds while its bytes are there. */
  async #request<T>(method: number, ask: (w: MessageWriter) => void, read: (view: MessageView) => T): Promise<T> {
    for (const mayChallenge of [true, false]) {
      const answer = await this.#exchange(method, ask, read);
      if ('value' in answer) return answer.value;
      if (!mayChallenge || (answer.error !== 401 && answer.error !== 438)) {
        throw new Error(`answered ${answer.error} ${answer.reason}`.trimEnd());
      }
    }
    throw new Error('unreachable');
  }

  #exchange<T>(
    method: number,
    ask: (w: MessageWriter) => void,
    read: (view: MessageView) => T,
  ): Promise<{ value: T } | Refused> {
    const transaction = randomBytes(12);
    const message = this.#begin(method, CLASSES.request, transaction, 0);
    ask(message);
    if (this.#key !== undefined) this.#sign(message, this.#key);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MILLIS} ms`)), ANSWER_MILLIS);
      const answered = (view: MessageView) => {
        clearTimeout(timer);
        resolve(view.class === CLASSES.success ? { value: read(view) } : this.#onError(view));
      };
      this.#waiting = { transaction, answered };
      this.#path.send(message.message);
    });
  }

  #onError(view: MessageView): Refused {
    const at = view.find(ATTRIBUTES.ErrorCode);
    const realm = readText(view, view.find(ATTRIBUTES.Realm));
    const nonce = readText(view, view.find(ATTRIBUTES.Nonce));
    if (realm !== undefined && nonce !== undefined) {
      this.#realm = realm;
      this.#nonce = nonce;
      this.#key = longTermKey('md5', this.#credential.username, this.#realm, this.#credential.password);
    }
    const error = at < 0 ? undefined : readErrorCode(view, at);
    return { error: error?.code ?? 0, reason: error?.reason ?? '' };
  }

  #begin(method: number, messageClass: number, transaction: Uint8Array, payload: number): MessageWriter {
    return new MessageWriter(new Uint8Array(1_024 + payload), 0, method, messageClass, transaction);
  }

  #sign(message: MessageWriter, key: Uint8Array): void {
    message
      .text(ATTRIBUTES.Username, this.#credential.username)
      .text(ATTRIBUTES.Realm, this.#realm)
      .text(ATTRIBUTES.Nonce, this.#nonce)
      .integrity(key);
  }

  #onMessage(bytes: Uint8Array, start: number, end: number): void {
    const view = this.#view;
    if (view.read(bytes, start, end) !== 'ok') return;
    if (view.method === METHODS.Data && view.class === CLASSES.indication) this.#onDataIndication(view);
    else this.#onAnswer(view);
  }

  #onAnswer(view: MessageView): void {
    const waiting = this.#waiting;
    if (waiting === undefined || Buffer.compare(waiting.transaction, view.transactionId) !== 0) return;
    if (view.class === CLASSES.success && this.#key !== undefined && !verifyIntegrity(view, 'sha1', this.#key)) return;
    this.#waiting = undefined;
    waiting.answered(view);
  }

  #onDataIndication(view: MessageView): void {
    const data = view.find(ATTRIBUTES.Data);
    if (data >= 0) this.onData(view.valueAt(data));
  }
}

function addressIn(view: MessageView, type: number): TransportAddress | undefined {
  const into = new AddressBuffer();
  return readXorAddressAt(view, view.find(type), into) ? copyOf<TransportAddress>(into) : undefined;
}

/** A path over UDP from an address of this machine. */
export async function udpPath(from: IpAddress, to: TransportAddress): Promise<Path> {
  const socket = await boundSocket(from);
  const path: Path = {
    from: withPort(from, socket.address().port),
    send: message => socket.send(message, to.port, formatIp(to)),
    onMessage: () => {},
    close: () => socket.close(),
  };
  socket.on('message', message => path.onMessage(message, 0, message.length));
  return path;
}

/** A UDP socket on a port of this address of ours, any free one unless named. */
export async function boundSocket(ip: IpAddress, port = 0): Promise<Socket> {
  const socket = createSocket(familyOf(ip) === 4 ? 'udp4' : 'udp6');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, formatIp(ip), resolve);
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.removeAllListeners('error');
  socket.on('error', () => {}); // a failed send shows as a missing answer
  return socket;
}

/** A path over plain TCP. */
export async function tcpPath(to: TransportAddress): Promise<Path> {
  const socket = connect({ host: formatIp(to), port: to.port, noDelay: true });
  const reader = new FrameReader(LONGEST_FRAME);
  const path: Path = {
    from: withPort(to, 0),
    send: message => socket.write(message),
    onMessage: () => {},
    close: () => socket.destroy(),
  };
  socket.on('data', chunk =>
    reader.push(chunk, (bytes, start, end) => {
      path.onMessage(bytes, start, end);
    }),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', resolve);
  });
  socket.on('error', () => {});
  return Object.assign(path, { from: withPort(parseIp(socket.localAddress ?? '') ?? to, socket.localPort ?? 0) });
}
