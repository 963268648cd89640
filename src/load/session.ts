import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  copyOf,
  longTermKey,
  METHODS,
  MessageView,
  MessageWriter,
  PROTOCOL_UDP,
  readErrorCode,
  readText,
  readXorAddressAt,
  type TransportAddress,
} from '../wire/index.ts';
import type { Lines } from './lines.ts';

export interface LoadCredential {
  readonly username: string;
  readonly password: string;
}

/** What a request came to: `ok`, the code of an error response, or no answer at all. */
export type Answer = 'ok' | number | 'timeout';

/** What all sessions of a run share. */
export interface SessionSettings {
  readonly lines: Lines;
  readonly credential: LoadCredential;
  /** Eight bytes that the transaction ids of this run begin with. */
  readonly idPrefix: Uint8Array;
  readonly now: () => number;
}

/** RFC 8489 §6.2.1: 500 ms, doubled each time; given up earlier than there, so that a run ends. */
const FIRST_WAIT_MILLIS = 500;
const UDP_ATTEMPTS = 4;
const STREAM_WAIT_MILLIS = 8_000;
const MOST_CHALLENGES = 2;

interface Pending {
  readonly method: number;
  readonly write: (message: MessageWriter) => void;
  readonly answered: (answer: Answer) => void;
  challenges: number;
  attempts: number;
  wait: number;
  deadline: number;
}

/** One message at a time is written and sent at once, so all sessions share the place. */
const scratch = new Uint8Array(2_048);
const view = new MessageView();
const address = new AddressBuffer();
/** One key per user and realm is enough for any number of clients. */
const keys = new Map<string, Uint8Array>();

/** One client's allocation: a request at a time, signed with the long-term mechanism. Answers are not verified: they are timed. */
export class Session {
  /** The relayed address, once there is one. */
  relay: TransportAddress | undefined;
  readonly #client: number;
  readonly #settings: SessionSettings;
  readonly #id = new Uint8Array(12);
  #count = 0;
  #realm = '';
  #nonce = '';
  #pending: Pending | undefined;

  constructor(client: number, settings: SessionSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#id.set(settings.idPrefix);
  }

  async allocate(family: 4 | 6): Promise<Answer> {
    return this.#ask(METHODS.Allocate, message => {
      message.uint8(ATTRIBUTES.RequestedTransport, PROTOCOL_UDP);
      if (family === 6) message.family(ATTRIBUTES.RequestedAddressFamily, 6);
    });
  }

  permit(peer: TransportAddress): Promise<Answer> {
    return this.#ask(METHODS.CreatePermission, message => message.xorAddress(ATTRIBUTES.XorPeerAddress, peer));
  }

  bind(channel: number, peer: TransportAddress): Promise<Answer> {
    return this.#ask(METHODS.ChannelBind, message =>
      message.uint16(ATTRIBUTES.ChannelNumber, channel).xorAddress(ATTRIBUTES.XorPeerAddress, peer),
    );
  }

  /** Without seconds: as long as the server likes. Zero ends the allocation. */
  refresh(seconds?: number): Promise<Answer> {
    return this.#ask(METHODS.Refresh, message => {
      if (seconds !== undefined) message.uint32(ATTRIBUTES.Lifetime, seconds);
    });
  }

  /** The client has a new line: what it learned on the old one is forgotten. */
  restart(): void {
    this.relay = undefined;
    this.#realm = '';
    this.#nonce = '';
    this.#finish('timeout');
  }

  /** A STUN message from the server. */
  onMessage(bytes: Uint8Array, start: number, end: number): void {
    const pending = this.#pending;
    if (pending === undefined || view.read(bytes, start, end) !== 'ok' || !this.#isAnswer()) return;
    if (view.class === CLASSES.success) this.#onSuccess(pending);
    else this.#onError(pending);
  }

  #onError(pending: Pending): void {
    const code = readErrorCode(view, view.find(ATTRIBUTES.ErrorCode))?.code ?? 0;
    if ((code === 401 || code === 438) && pending.challenges < MOST_CHALLENGES) this.#onChallenge(pending);
    else this.#finish(code);
  }

  /** To be called now and then while a request is under way: sends it again, or gives it up. */
  onTime(now: number): void {
    const pending = this.#pending;
    if (pending === undefined || now < pending.deadline) return;
    const isOver = this.#settings.lines.isReliable || pending.attempts >= UDP_ATTEMPTS;
    if (isOver) this.#finish('timeout');
    else {
      pending.wait *= 2;
      this.#send(pending);
    }
  }

  #ask(method: number, write: (message: MessageWriter) => void): Promise<Answer> {
    return new Promise(answered => {
      const wait = this.#settings.lines.isReliable ? STREAM_WAIT_MILLIS : FIRST_WAIT_MILLIS;
      this.#pending = { method, write, answered, challenges: 0, attempts: 0, wait, deadline: 0 };
      this.#newId();
      this.#send(this.#pending);
    });
  }

  #send(pending: Pending): void {
    const { lines, credential, now } = this.#settings;
    const message = new MessageWriter(scratch, 0, pending.method, CLASSES.request, this.#id);
    pending.write(message);
    if (this.#nonce !== '') {
      message
        .text(ATTRIBUTES.Username, credential.username)
        .text(ATTRIBUTES.Realm, this.#realm)
        .text(ATTRIBUTES.Nonce, this.#nonce)
        .integrity(keyOf(credential, this.#realm));
    }
    pending.attempts++;
    pending.deadline = now() + pending.wait;
    lines.sendControl(this.#client, message.message);
  }

  #onSuccess({ method }: Pending): void {
    if (method === METHODS.Allocate && readXorAddressAt(view, view.find(ATTRIBUTES.XorRelayedAddress), address)) {
      this.relay = copyOf<TransportAddress>(address);
    }
    this.#finish('ok');
  }

  #onChallenge(pending: Pending): void {
    pending.challenges++;
    this.#realm = readText(view, view.find(ATTRIBUTES.Realm)) ?? this.#realm;
    this.#nonce = readText(view, view.find(ATTRIBUTES.Nonce)) ?? '';
    pending.attempts = 0;
    this.#newId();
    this.#send(pending);
  }

  #finish(answer: Answer): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.answered(answer);
  }

  #newId(): void {
    const count = ++this.#count;
    for (let i = 0; i < 4; i++) this.#id[8 + i] = count >>> (8 * i);
  }

  #isAnswer(): boolean {
    if (view.class !== CLASSES.success && view.class !== CLASSES.error) return false;
    const { bytes, start } = view;
    for (let i = 0; i < 12; i++) if (bytes[start + 8 + i] !== this.#id[i]) return false;
    return true;
  }
}

function keyOf({ username, password }: LoadCredential, realm: string): Uint8Array {
  const name = `${username}:${realm}:${password}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = longTermKey('md5', username, realm, password);
  keys.set(name, key);
  return key;
}
