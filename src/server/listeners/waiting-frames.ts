/** What keeping a frame costs beyond its bytes, roughly: without it, floods of empty datagrams would cost far more than is counted. */
const KEEPING = 128;

/** Whole frames that wait until a slow client reads, first in, first out. Their cost is known, so that it can be bounded. */
export class WaitingFrames {
  #frames: (Buffer | undefined)[] = [];
  #isAnswer: boolean[] = [];
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

  push(frame: Buffer, isAnswer: boolean): void {
    this.#frames.push(frame);
    this.#isAnswer.push(isAnswer);
    this.#account(frame, isAnswer, 1);
  }

  shift(): Buffer | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#account(frame, this.#isAnswer[this.#head]!, -1);
    this.#frames[this.#head++] = undefined;
    if (this.#head * 2 > this.#frames.length) this.#compact();
    return frame;
  }

  /** Frames that wait, one after the other in one buffer: all up to `most` bytes, and at least one. Where each ends is added to `ends`. */
  shiftMany(most: number, ends: number[]): Buffer | undefined {
    let length = 0;
    let end = this.#head;
    while (end < this.#frames.length) {
      const next = length + this.#frames[end]!.length;
      if (next > most && end > this.#head) break;
      length = next;
      ends.push(length);
      end++;
    }
    if (end - this.#head < 2) return this.shift();
    const many = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) at += this.shift()!.copy(many, at);
    return many;
  }

  clear(): void {
    this.#frames = [];
    this.#isAnswer = [];
    this.#head = this.#bytes = this.#answerBytes = 0;
  }

  #account(frame: Buffer, isAnswer: boolean, sign: 1 | -1): void {
    const cost = sign * (frame.length + KEEPING);
    this.#bytes += cost;
    if (isAnswer) this.#answerBytes += cost;
  }

  #compact(): void {
    this.#frames.splice(0, this.#head);
    this.#isAnswer.splice(0, this.#head);
    this.#head = 0;
  }
}
