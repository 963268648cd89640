/** What keeping a frame costs beyond its bytes, roughly: without it, floods of empty datagrams would cost far more than is counted. */
const KEEPING = 128;

/** Whole frames that wait until a slow client reads, first in, first out. Their cost is known, so that it can be bounded. */
export class WaitingFrames {
  #frames: (Buffer | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #answerBytes = 0;

  get isEmpty(): boolean {
    return this.#head === this.#frames.length;
  }

  /** Memory held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory held by answers to the client's own requests. */
  get answerBytes(): number {
    return this.#answerBytes;
  }

  push(frame: Buffer): void {
    this.#frames.push(frame);
    this.#account(frame, 1);
  }

  shift(): Buffer | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#frames[this.#head++] = undefined;
    this.#account(frame, -1);
    if (this.#head * 2 > this.#frames.length) this.#compact();
    return frame;
  }

  clear(): void {
    this.#frames = [];
    this.#head = this.#bytes = this.#answerBytes = 0;
  }

  #account(frame: Buffer, sign: 1 | -1): void {
    const cost = sign * (frame.length + KEEPING);
    this.#bytes += cost;
    if (isAnswer(frame[0]!)) this.#answerBytes += cost;
  }

  #compact(): void {
    this.#frames.splice(0, this.#head);
    this.#head = 0;
  }
}

/** Whether a frame that begins with this byte is a STUN response (RFC 8489 §5): neither ChannelData nor an indication. */
export function isAnswer(firstByte: number): boolean {
  return (firstByte & 0xc1) === 1;
}
