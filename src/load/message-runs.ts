import { CMSGHDR, IOVEC, MMSGHDR, SOL_UDP, UDP_GRO, UDP_MAX_SEGMENTS, UDP_SEGMENT } from '../native/index.ts';
import { CONTROL, HEADER_WORDS, LONGEST_RUN, type MessageMemory, VECTOR_WORDS } from './message-memory.ts';

const NAME = MMSGHDR.name / 4;
const LENGTH = IOVEC.length / 4;
const RECEIVED = MMSGHDR.length / 4;
const VECTORS = MMSGHDR.iovLength / 4;
const CONTROL_LENGTH = MMSGHDR.controlLength / 4;
const LEVEL = CMSGHDR.level / 4;
const TYPE = CMSGHDR.type / 4;
const SEGMENT = CMSGHDR.size / 4;

/** Messages that are several datagrams: the kernel divides what is sent (UDP_SEGMENT) and puts together what comes (UDP_GRO). */
export class MessageRuns {
  readonly #memory: MessageMemory;
  readonly #words: Int32Array;

  constructor(memory: MessageMemory) {
    this.#memory = memory;
    this.#words = memory.arena.words;
  }

  /** Equal datagrams to one address can go as one; the last may be shorter. */
  endOf(first: number, to: number): number {
    const size = this.#lengthOf(first);
    const most = Math.min(to, first + UDP_MAX_SEGMENTS, first + Math.floor(LONGEST_RUN / (size + 1)));
    for (let end = first + 1; end < most; end++) {
      if (this.#destinationOf(end) !== this.#destinationOf(first) || this.#lengthOf(end) > size) return end;
      if (this.#lengthOf(end) < size) return end + 1;
    }
    return Math.max(first + 1, most);
  }

  /** Makes one message of so many that wait. */
  write(first: number, count: number): void {
    const header = this.#sentHeader(first);
    const control = this.#memory.sendControl / 4;
    this.#words[header + VECTORS] = count;
    this.#words[header + CONTROL_LENGTH] = CONTROL;
    this.#words[control + CMSGHDR.length / 4] = CMSGHDR.size + 2;
    this.#words[control + LEVEL] = SOL_UDP;
    this.#words[control + TYPE] = UDP_SEGMENT;
    this.#words[control + SEGMENT] = this.#lengthOf(first);
  }

  /** The header is for a single datagram again. */
  clear(first: number): void {
    const header = this.#sentHeader(first);
    this.#words[header + VECTORS] = 1;
    this.#words[header + CONTROL_LENGTH] = 0;
  }

  /** The kernel may say with each of so many messages that it is a run. */
  expect(count: number): void {
    for (let i = 0; i < count; i++) this.#words[this.#receivedHeader(i) + CONTROL_LENGTH] = CONTROL;
  }

  /** How long the datagrams of a received message are; the last may be shorter. */
  segmentOf(message: number): number {
    const header = this.#receivedHeader(message);
    const control = this.#memory.receiveControl(message) / 4;
    const isRun = this.#words[control + LEVEL] === SOL_UDP && this.#words[control + TYPE] === UDP_GRO;
    const size = isRun && this.#words[header + CONTROL_LENGTH] !== 0 ? SEGMENT + control : header + RECEIVED;
    return Math.max(1, this.#words[size]!);
  }

  /** A run goes back as one: what told its parts apart when it came divides it when it is sent. */
  keep(message: number): void {
    const header = this.#receivedHeader(message);
    const control = this.#memory.receiveControl(message) / 4;
    if (this.#words[header + CONTROL_LENGTH] === 0) return;
    this.#words[header + CONTROL_LENGTH] = CONTROL;
    this.#words[control + CMSGHDR.length / 4] = CMSGHDR.size + 2;
    this.#words[control + TYPE] = UDP_SEGMENT;
  }

  #lengthOf(entry: number): number {
    return this.#words[this.#memory.sendVectors / 4 + entry * VECTOR_WORDS + LENGTH]!;
  }

  #destinationOf(entry: number): number {
    return this.#words[this.#sentHeader(entry) + NAME]!;
  }

  #sentHeader(entry: number): number {
    return this.#memory.sendHeaders / 4 + entry * HEADER_WORDS;
  }

  #receivedHeader(message: number): number {
    return this.#memory.receiveHeaders / 4 + message * HEADER_WORDS;
  }
}
