import type { Effect } from '../../src/turn/index.ts';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  formatAddress,
  MessageView,
  readErrorCode,
  readText,
  readUint32,
  readXorAddressAt,
  verifyIntegrity,
} from '../../src/wire/index.ts';

/** The one reply among effects, read. */
export class Reply {
  readonly bytes: Uint8Array;
  readonly view = new MessageView();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const read = this.view.read(bytes, 0, bytes.length);
    if (read !== 'ok') throw new Error(`the reply is ${read}`);
  }

  get isSuccess(): boolean {
    return this.view.class === CLASSES.success;
  }

  get code(): number | undefined {
    return readErrorCode(this.view, this.view.find(ATTRIBUTES.ErrorCode))?.code;
  }

  get reason(): string | undefined {
    return readErrorCode(this.view, this.view.find(ATTRIBUTES.ErrorCode))?.reason;
  }

  /** `success 600` with LIFETIME, `success`, `error 437`. */
  get summary(): string {
    if (!this.isSuccess) return `error ${this.code}`;
    const lifetime = this.uint32(ATTRIBUTES.Lifetime);
    return lifetime === undefined ? 'success' : `success ${lifetime}`;
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

  /** All XOR-…-ADDRESS attributes of a type. */
  addresses(type: number): string[] {
    const found: string[] = [];
    const into = new AddressBuffer();
    for (let i = this.view.find(type); i >= 0; i = this.view.find(type, i + 1)) {
      if (readXorAddressAt(this.view, i, into)) found.push(formatAddress(into));
    }
    return found;
  }

  isSealedBy(kind: 'sha1' | 'sha256', key: Uint8Array): boolean {
    return verifyIntegrity(this.view, kind, key);
  }
}

export function readReply(effects: readonly Effect[]): Reply {
  const replies = effects.filter(effect => effect.do === 'reply');
  const [only] = replies;
  if (only === undefined || replies.length > 1) throw new Error(`${replies.length} replies instead of one`);
  return new Reply(only.bytes);
}
