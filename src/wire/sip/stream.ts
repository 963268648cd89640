import { MAGIC_COOKIE, HEADER_LENGTH as STUN_HEADER } from '../stun/registry.ts';
import { readUint16At, readWord } from '../words.ts';
import { HeldBytes } from './held-bytes.ts';
import { SIP_LIMITS, type SipLimits } from './limits.ts';
import type { SipMessage } from './message.ts';
import { endOfHead, readHead, type SipHead, silent } from './read-head.ts';
import { SIP_FAULTS, type SipFault, type SipRefusal } from './refusals.ts';
import { refusedFor } from './refused-for.ts';

/** What a stream brought, in its order. */
export type SipArrival =
  | SipMessage
  | SipRefusal
  /** CRLFCRLF: the other end wants CRLF back (RFC 5626 §3.5.1). */
  | { readonly kind: 'ping' }
  /** One CRLF: the answer to a ping of ours, or nothing. */
  | { readonly kind: 'pong' }
  /** A STUN message between the messages, as a keep-alive (RFC 5626 §3.5.2). A copy. */
  | { readonly kind: 'stun'; readonly bytes: Uint8Array };

const CR = 0x0d;
const LF = 0x0a;
/** RFC 7983 §7 */
const STUN_BELOW = 4;
const LONGEST_STUN = 548;

/**
 * Takes messages out of a TCP or TLS stream, however it is split (RFC 3261 §18.3). Every message says its length; one that does
 * not, or says it twice, ends the stream, since nobody knows where the next one begins. What is held stays below the limits of a
 * head and a body and one chunk more.
 */
export class SipStreamReader {
  readonly #limits: SipLimits;
  readonly #held = new HeldBytes();
  /** How far the head that is arriving has been searched for its end. */
  #searched = 0;
  #head: SipHead | undefined;
  #hasOneCrlf = false;
  #hasEnded = false;

  constructor(limits: SipLimits = SIP_LIMITS) {
    this.#limits = limits;
  }

  /** Whether something has begun to arrive and its end has not: the connection's deadline for it. */
  get isMidway(): boolean {
    return this.#held.length > 0 || this.#head !== undefined;
  }

  /** Memory held, to be counted. */
  get capacity(): number {
    return this.#held.bytes.length;
  }

  /** True after a refusal that ends the stream; nothing arrives any more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  push(chunk: Uint8Array): SipArrival[] {
    if (this.#hasEnded) return [];
    this.#held.append(chunk);
    const arrivals: SipArrival[] = [];
    for (let one = this.#next(); one !== undefined; one = this.#next()) arrivals.push(one);
    return arrivals;
  }

  #next(): SipArrival | undefined {
    if (this.#hasEnded) return undefined;
    if (this.#head !== undefined) return this.#completed(this.#head);
    const { length, bytes, start } = this.#held;
    if (length === 0) return undefined;
    const first = bytes[start]!;
    if (first === CR || first === LF) return this.#lineEnding(first);
    this.#hasOneCrlf = false;
    return first < STUN_BELOW ? this.#stun() : this.#headAt();
  }

  #lineEnding(first: number): SipArrival | undefined {
    const { length, bytes, start } = this.#held;
    if (first === LF || (length > 1 && bytes[start + 1] !== LF)) return this.#end(silent('line-ending'));
    if (length < 2) return undefined;
    this.#held.drop(2);
    this.#hasOneCrlf = !this.#hasOneCrlf;
    return { kind: this.#hasOneCrlf ? 'pong' : 'ping' };
  }

  #stun(): SipArrival | undefined {
    const { length, bytes, start } = this.#held;
    if (length < STUN_HEADER) return undefined;
    const said = STUN_HEADER + readUint16At(bytes, start + 2);
    if (readWord(bytes, start + 4) !== MAGIC_COOKIE || said > LONGEST_STUN) return this.#fail('control-character');
    if (length < said) return undefined;
    const message = bytes.slice(start, start + said);
    this.#held.drop(said);
    return { kind: 'stun', bytes: message };
  }

  #headAt(): SipArrival | undefined {
    const { bytes, start, end } = this.#held;
    const headEnd = endOfHead(bytes, start + this.#searched, Math.min(end, start + this.#limits.head));
    if (headEnd < 0) return this.#unfinished();
    const head = readHead(bytes, start, headEnd, this.#limits);
    this.#searched = 0;
    this.#held.drop(headEnd - start);
    if ('fault' in head) return this.#end(head);
    if (head.contentLength !== undefined) {
      this.#head = head;
      return this.#completed(head);
    }
    const { message } = head;
    return this.#end(message.kind === 'refused' ? message : refusedFor(message, 'content-length-missing'));
  }

  #unfinished(): SipArrival | undefined {
    if (this.#held.length >= this.#limits.head) return this.#fail('head-too-long');
    this.#searched = Math.max(0, this.#held.length - 3);
    return undefined;
  }

  #completed({ message, contentLength = 0 }: SipHead): SipArrival | undefined {
    const { length, bytes, start } = this.#held;
    if (length < contentLength) return undefined;
    this.#head = undefined;
    if (message.kind !== 'refused' && contentLength > 0) {
      const whole = { ...message, body: bytes.slice(start, start + contentLength) };
      this.#held.drop(contentLength);
      return whole;
    }
    this.#held.drop(contentLength);
    return message;
  }

  #fail(fault: SipFault): SipRefusal {
    return this.#end(silent(fault));
  }

  #end(refusal: SipRefusal): SipRefusal {
    this.#hasEnded = true;
    this.#held.drop(this.#held.length);
    this.#head = undefined;
    return refusal;
  }
}

/** Whether nothing more can be read after a refusal. */
export function endsStream({ fault }: SipRefusal): boolean {
  return SIP_FAULTS[fault].endsStream;
}
