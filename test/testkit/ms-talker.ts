import { createHash } from 'node:crypto';
import {
  AddressBuffer,
  copyOf,
  formatAddress,
  MS_ATTRIBUTES,
  MS_TYPES,
  MsMessageView,
  MsMessageWriter,
  msLongTermKey,
  readErrorCode,
  readMsSequenceNumber,
  readMsXorAddress,
  readPlainAddress,
  readText,
  readUint32,
  type TransportAddress,
  verifyMsIntegrity,
} from '../../src/wire/index.ts';

const A = MS_ATTRIBUTES;
const SEQUENCE_LENGTH = 24;

export type MsWrite = (w: MsMessageWriter) => unknown;

/** What a test has a client of the Microsoft dialect do otherwise than it should. */
export interface MsOddity {
  readonly sequence?: number | 'none';
  readonly connectionId?: Uint8Array;
  readonly username?: Uint8Array;
  readonly key?: Uint8Array;
  readonly transactionId?: Uint8Array;
}

/** A message of the Microsoft dialect, read. */
export class MsReply {
  readonly view = new MsMessageView();

  constructor(bytes: Uint8Array) {
    const read = this.view.read(bytes, 0, bytes.length);
    if (read !== 'ok') throw new Error(`the message is ${read}`);
  }

  get type(): number {
    return this.view.type;
  }

  get code(): number | undefined {
    return readErrorCode(this.view, this.view.find(A.ErrorCode))?.code;
  }

  has(type: number): boolean {
    return this.view.has(type);
  }

  text(type: number): string | undefined {
    return readText(this.view, this.view.find(type));
  }

  uint32(type: number): number | undefined {
    return readUint32(this.view, this.view.find(type));
  }

  value(type: number): Uint8Array | undefined {
    const index = this.view.find(type);
    return index < 0 ? undefined : this.view.valueAt(index).slice();
  }

  address(type: number): string | undefined {
    const into = new AddressBuffer();
    const index = this.view.find(type);
    const isThere =
      type === A.XorMappedAddress ? readMsXorAddress(this.view, index, into) : readPlainAddress(this.view, index, into);
    return isThere ? formatAddress(copyOf<TransportAddress>(into)) : undefined;
  }

  get sequence(): number | undefined {
    return readMsSequenceNumber(this.view, this.view.find(A.MsSequenceNumber));
  }

  get attributes(): number[] {
    return Array.from({ length: this.view.count }, (_, i) => this.view.typeAt(i));
  }

  isSealedBy(key: Uint8Array): boolean {
    return verifyMsIntegrity(this.view, 'sha1', key);
  }
}

/** What a client of the Microsoft dialect says and understands, without sockets: attribute for attribute as libnice orders them. */
export class MsTalker {
  readonly username: Uint8Array;
  readonly password: Uint8Array;
  realm = '';
  nonce = '';
  version = 1;
  connectionId: Uint8Array | undefined;
  /** The last number that was said. */
  sequence = 0;
  #transactions = 0;
  #key: { readonly realm: string; readonly bytes: Uint8Array } | undefined;

  constructor(username: Uint8Array | string, password: Uint8Array | string) {
    this.username = Uint8Array.from(Buffer.from(username));
    this.password = Uint8Array.from(Buffer.from(password));
  }

  get key(): Uint8Array {
    if (this.#key?.realm !== this.realm) {
      this.#key = { realm: this.realm, bytes: msLongTermKey('md5', this.username, this.realm, this.password) };
    }
    return this.#key.bytes;
  }

  transactionId(): Uint8Array {
    const random = createHash('sha256')
      .update(this.username)
      .update(`${++this.#transactions}`)
      .digest();
    return Uint8Array.from(random.subarray(0, 16));
  }

  message(type: number, write: MsWrite, transactionId = this.transactionId(), payload = 0): Uint8Array {
    const w = new MsMessageWriter(new Uint8Array(1024 + payload), 0, type, transactionId);
    write(w);
    return w.message.slice();
  }

  /** Bare until there is a nonce, then signed. */
  allocate(write: MsWrite = () => {}, { username = this.username, key, transactionId }: MsOddity = {}): Uint8Array {
    return this.message(
      MS_TYPES.AllocateRequest,
      w => {
        w.uint32(A.MsVersion, this.version);
        write(w);
        if (this.nonce === '') return;
        w.text(A.Realm, this.realm).text(A.Nonce, this.nonce).raw(A.Username, username);
        w.integrity(key ?? this.key);
      },
      transactionId,
    );
  }

  /** Keeps what a challenge or an Allocate response says. */
  learn(reply: MsReply): MsReply {
    this.realm = reply.text(A.Realm) ?? this.realm;
    this.nonce = reply.text(A.Nonce) ?? this.nonce;
    this.connectionId = reply.value(A.MsSequenceNumber)?.subarray(0, SEQUENCE_LENGTH - 4) ?? this.connectionId;
    return reply;
  }

  send(to: TransportAddress, payload: Uint8Array | string, oddity: MsOddity = {}): Uint8Array {
    return this.#later(
      MS_TYPES.SendRequest,
      w => w.address(A.DestinationAddress, to).uint32(A.MsVersion, 1),
      w => w.text(A.Realm, this.realm).raw(A.Data, Buffer.from(payload)),
      oddity,
      payload.length,
    );
  }

  setActive(to: TransportAddress | undefined, oddity: MsOddity = {}): Uint8Array {
    return this.#later(
      MS_TYPES.SetActiveDestinationRequest,
      () => {},
      w => {
        w.text(A.Realm, this.realm);
        if (to !== undefined) w.address(A.DestinationAddress, to);
      },
      oddity,
    );
  }

  #later(type: number, before: MsWrite, after: MsWrite, oddity: MsOddity, payload = 0): Uint8Array {
    const sequence = oddity.sequence ?? ++this.sequence;
    return this.message(
      type,
      w => {
        w.raw(A.Username, oddity.username ?? this.username);
        before(w);
        if (sequence !== 'none') w.sequenceNumber(oddity.connectionId ?? this.connectionId!, sequence);
        after(w);
        w.integrity(oddity.key ?? this.key);
      },
      oddity.transactionId,
      payload,
    );
  }
}
