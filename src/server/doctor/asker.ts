import { randomBytes } from 'node:crypto';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  copyOf,
  FrameReader,
  type IpAddress,
  LONGEST_FRAME,
  longTermKey,
  METHODS,
  MessageView,
  MessageWriter,
  PROTOCOL_UDP,
  readErrorCode,
  readPlainAddress,
  readText,
  readXorAddressAt,
  type TransportAddress,
  verifyIntegrity,
  withPort,
} from '../../wire/index.ts';
import type { ClientCredential } from '../turn-client.ts';
import type { Line } from './line.ts';

/** What a request came to. */
export type Answer<T> =
  | { readonly said: 'success'; readonly value: T }
  | { readonly said: 'error'; readonly code: number }
  | { readonly said: 'silent' | 'refused' | 'unreachable' | 'garbled' };

export interface Mapped {
  readonly mapped: TransportAddress | undefined;
  readonly other: TransportAddress | undefined;
}

/** RFC 8489 §6.2.1 in spirit: sent again after growing pauses, but given up soon enough for a person who waits. */
const UDP_WAITS_MILLIS = [300, 600, 1_200, 1_200];
const STREAM_WAITS_MILLIS = [4_000];

interface Pending {
  readonly id: Uint8Array;
  readonly settle: (answer: Answer<MessageView>) => void;
}

/**
 * A TURN client that says exactly what came of each request. One request at a time; datagrams may be lost, so requests on UDP are repeated.
 * Views and payloads it hands out are borrowed.
 */
export class Asker {
  readonly line: Line;
  readonly #credential: ClientCredential | undefined;
  readonly #view = new MessageView();
  #pending: Pending | undefined;
  #realm = '';
  #nonce = '';
  #key: Uint8Array | undefined;
  #isAllocated = false;
  #trouble: 'refused' | 'unreachable' | 'garbled' | undefined;
  onData: (peer: TransportAddress, payload: Uint8Array) => void = () => {};

  constructor(line: Line, credential?: ClientCredential) {
    this.line = line;
    this.#credential = credential;
    const frames = line.isStream ? new FrameReader(LONGEST_FRAME) : undefined;
    const onMessage = (bytes: Uint8Array, start: number, end: number) => this.#onMessage(bytes, start, end);
    line.onBytes = frames
      ? chunk => {
          const read = frames.push(chunk, onMessage);
          if (read !== 'ok' && read !== 'stopped') this.#onTrouble('garbled');
        }
      : bytes => onMessage(bytes, 0, bytes.length);
    line.onTrouble = outcome => {
      if (outcome !== 'answered' && outcome !== 'silent') this.#onTrouble(outcome);
    };
  }

  /** What the last challenge named. */
  get realm(): string | undefined {
    return this.#realm === '' ? undefined : this.#realm;
  }

  binding(): Promise<Answer<Mapped>> {
    return this.#exchange(METHODS.Binding, message => message.text(ATTRIBUTES.Software, SOFTWARE), mappedIn);
  }

  /** `protocol` is of the relay: datagrams, or connections over a stream (RFC 6062). */
  async allocate(family: 4 | 6, protocol: number = PROTOCOL_UDP): Promise<Answer<TransportAddress>> {
    const answer = await this.#ask(
      METHODS.Allocate,
      message => {
        message.uint8(ATTRIBUTES.RequestedTransport, protocol);
        if (family === 6) message.family(ATTRIBUTES.RequestedAddressFamily, 6);
      },
      view => addressIn(view, ATTRIBUTES.XorRelayedAddress),
    );
    if (answer.said !== 'success') return answer;
    this.#isAllocated = true;
    return answer.value === undefined ? { said: 'garbled' } : { said: 'success', value: answer.value };
  }

  permit(peer: IpAddress): Promise<Answer<undefined>> {
    return this.#ask(
      METHODS.CreatePermission,
      message => message.xorAddress(ATTRIBUTES.XorPeerAddress, withPort(peer, 0)), // RFC 8656 §9.1: the port is ignored
      () => undefined,
    );
  }

  /** Has a TCP relay connect to a peer (RFC 6062 §4.3). */
  connect(peer: TransportAddress): Promise<Answer<undefined>> {
    return this.#ask(
      METHODS.Connect,
      message => message.xorAddress(ATTRIBUTES.XorPeerAddress, peer),
      () => undefined,
    );
  }

  /** Keeps the allocation for as long as the edge grants. */
  refresh(): Promise<Answer<undefined>> {
    return this.#ask(
      METHODS.Refresh,
      () => {},
      () => undefined,
    );
  }

  /** Gives the allocation back, if there is one. */
  async release(): Promise<void> {
    if (!this.#isAllocated) return;
    this.#isAllocated = false;
    await this.#ask(
      METHODS.Refresh,
      message => message.uint32(ATTRIBUTES.Lifetime, 0),
      () => undefined,
    );
  }

  /** A datagram through the relay. */
  sendTo(peer: TransportAddress, payload: Uint8Array): void {
    const message = writer(METHODS.Send, CLASSES.indication, randomBytes(12), payload.length);
    this.line.send(message.xorAddress(ATTRIBUTES.XorPeerAddress, peer).raw(ATTRIBUTES.Data, payload).message.slice());
  }

  async close(): Promise<void> {
    await this.release();
    this.line.close();
  }

  /** Answers challenges: the first is none of the edge's doing, and a nonce may have grown old. */
  async #ask<T>(
    method: number,
    write: (message: MessageWriter) => void,
    read: (view: MessageView) => T,
  ): Promise<Answer<T>> {
    for (let challenges = 0; ; challenges++) {
      const answer = await this.#exchange(method, write, read);
      const isChallenge = answer.said === 'error' && (answer.code === 401 || answer.code === 438);
      if (!isChallenge || challenges === 2 || this.#credential === undefined) return answer;
      if (challenges > 0 && answer.code === 401) return answer;
    }
  }

  async #exchange<T>(
    method: number,
    write: (message: MessageWriter) => void,
    read: (view: MessageView) => T,
  ): Promise<Answer<T>> {
    const id = randomBytes(12);
    const message = writer(method, CLASSES.request, id, 0);
    write(message);
    if (this.#key !== undefined && method !== METHODS.Binding) this.#sign(message, this.#key);
    const bytes = message.message.slice();
    return new Promise(resolve => {
      const waits = this.line.isStream ? STREAM_WAITS_MILLIS : UDP_WAITS_MILLIS;
      let timer: NodeJS.Timeout | undefined;
      const settle = (answer: Answer<MessageView>) => {
        clearTimeout(timer);
        this.#pending = undefined;
        resolve(answer.said === 'success' ? { said: 'success', value: read(answer.value) } : answer);
      };
      const send = (attempt: number) => {
        const wait = waits[attempt];
        if (wait === undefined) return settle({ said: this.#trouble ?? 'silent' });
        this.line.send(bytes);
        timer = setTimeout(() => send(attempt + 1), wait);
      };
      this.#trouble = undefined;
      this.#pending = { id, settle };
      send(0);
    });
  }

  /** A refusal of one datagram is no answer yet: the next attempt may be heard. A stream that ends is. */
  #onTrouble(outcome: 'refused' | 'unreachable' | 'garbled'): void {
    this.#trouble = outcome;
    if (this.line.isStream) this.#pending?.settle({ said: outcome });
  }

  #sign(message: MessageWriter, key: Uint8Array): void {
    message
      .text(ATTRIBUTES.Username, this.#credential!.username)
      .text(ATTRIBUTES.Realm, this.#realm)
      .text(ATTRIBUTES.Nonce, this.#nonce)
      .integrity(key);
  }

  #onMessage(bytes: Uint8Array, start: number, end: number): void {
    const view = this.#view;
    if (view.read(bytes, start, end) !== 'ok') this.#onTrouble('garbled');
    else if (view.method === METHODS.Data && view.class === CLASSES.indication) this.#onDataIndication(view);
    else this.#onAnswer(view);
  }

  #onAnswer(view: MessageView): void {
    const pending = this.#pending;
    if (pending === undefined || Buffer.compare(pending.id, view.transactionId) !== 0) return;
    if (view.class === CLASSES.success) {
      const isSigned =
        this.#key === undefined || view.method === METHODS.Binding || verifyIntegrity(view, 'sha1', this.#key);
      if (isSigned) pending.settle({ said: 'success', value: view });
      return;
    }
    this.#learn(view);
    pending.settle({ said: 'error', code: readErrorCode(view, view.find(ATTRIBUTES.ErrorCode))?.code ?? 0 });
  }

  #learn(view: MessageView): void {
    const realm = readText(view, view.find(ATTRIBUTES.Realm));
    const nonce = readText(view, view.find(ATTRIBUTES.Nonce));
    if (realm === undefined || nonce === undefined) return;
    this.#realm = realm;
    this.#nonce = nonce;
    if (this.#credential === undefined) return;
    this.#key = longTermKey('md5', this.#credential.username, realm, this.#credential.password);
  }

  #onDataIndication(view: MessageView): void {
    const data = view.find(ATTRIBUTES.Data);
    const peer = addressIn(view, ATTRIBUTES.XorPeerAddress);
    if (data >= 0 && peer !== undefined) this.onData(peer, view.valueAt(data));
  }
}

const HEAD_ROOM = 1_400;
/** Says who asks, and makes requests long enough for an answer with an IPv6 address that is at most twice as long (ADR 4). */
const SOFTWARE = 'sallyport probe';

/** With `answerTo` the answer is to go to that port of ours (RFC 5780 §7.5). */
export function bindingRequest(id: Uint8Array, answerTo?: number): Uint8Array {
  const message = writer(METHODS.Binding, CLASSES.request, id, 0).text(ATTRIBUTES.Software, SOFTWARE);
  if (answerTo !== undefined) message.raw(ATTRIBUTES.ResponsePort, [answerTo >> 8, answerTo & 255]);
  return message.message;
}

function writer(method: number, messageClass: number, id: Uint8Array, payload: number): MessageWriter {
  return new MessageWriter(new Uint8Array(HEAD_ROOM + payload), 0, method, messageClass, id);
}

export function mappedIn(view: MessageView): Mapped {
  const into = new AddressBuffer();
  const other = readPlainAddress(view, view.find(ATTRIBUTES.OtherAddress), into)
    ? copyOf<TransportAddress>(into)
    : undefined;
  return { mapped: addressIn(view, ATTRIBUTES.XorMappedAddress), other };
}

function addressIn(view: MessageView, type: number): TransportAddress | undefined {
  const into = new AddressBuffer();
  return readXorAddressAt(view, view.find(type), into) ? copyOf<TransportAddress>(into) : undefined;
}
