import { deflateRawSync } from 'node:zlib';
import type { TransportAddress } from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { decodeFrame, encodeFrame, type Frame, type FrameType, MOST_PARTS, PART_LENGTH } from './report-frames.ts';
import { type Door, openRelay, type Visitor } from './visitor.ts';

const WAITS_MILLIS = [300, 600, 1_200, 2_400];

/** The probe's end: from its relay to the doctor's, which every transport that gets an allocation reaches. */
export class ReportSender {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #key: Uint8Array;
  readonly #close: () => Promise<void>;
  #waiting: { readonly type: FrameType; readonly index: number; readonly settle: (frame: Frame) => void } | undefined;

  /** Undefined when there is no relay to send from. */
  static async open(
    visitor: Visitor,
    door: Door,
    to: TransportAddress,
    family: 4 | 6,
    key: Uint8Array,
  ): Promise<ReportSender | undefined> {
    const opened = await openRelay(visitor, door, family);
    if ('code' in opened) return undefined;
    const { asker } = opened.end;
    await asker.permit(to);
    const sender = new ReportSender(
      bytes => asker.sendTo(to, bytes),
      key,
      () => asker.close(),
    );
    asker.onData = (_, payload) => sender.#onFrame(decodeFrame(payload, 'doctor', key));
    return sender;
  }

  private constructor(send: (bytes: Uint8Array) => void, key: Uint8Array, close: () => Promise<void>) {
    this.#send = send;
    this.#key = key;
    this.#close = close;
  }

  /** How far the doctor's clock is ahead of ours; undefined when no doctor waits. */
  async clockAhead(): Promise<{ readonly aheadMillis: number; readonly toleranceMillis: number } | undefined> {
    const sent = clock.wall();
    const answer = await this.#say({ type: 'hello', index: 0, count: 1, payload: new Uint8Array(0) }, 'time');
    if (answer === undefined || answer.payload.length !== 8) return undefined;
    const came = clock.wall();
    const theirs = Buffer.from(answer.payload).readDoubleBE(0);
    return { aheadMillis: theirs - (sent + came) / 2, toleranceMillis: came - sent };
  }

  /** Whether the doctor has all of it. */
  async deliver(text: string): Promise<boolean> {
    const bytes = deflateRawSync(text);
    const count = Math.ceil(bytes.length / PART_LENGTH);
    if (count > MOST_PARTS) return false;
    for (let index = 0; index < count; index++) {
      const payload = bytes.subarray(index * PART_LENGTH, (index + 1) * PART_LENGTH);
      if ((await this.#say({ type: 'part', index, count, payload }, 'got')) === undefined) return false;
    }
    return true;
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #say(frame: Frame, answer: FrameType): Promise<Frame | undefined> {
    const bytes = encodeFrame(frame, 'probe', this.#key);
    for (const wait of WAITS_MILLIS) {
      const answered = await new Promise<Frame | undefined>(resolve => {
        const timer = setTimeout(() => resolve(undefined), wait);
        const settle = (got: Frame) => {
          clearTimeout(timer);
          resolve(got);
        };
        this.#waiting = { type: answer, index: frame.index, settle };
        this.#send(bytes);
      });
      this.#waiting = undefined;
      if (answered !== undefined) return answered;
    }
    return undefined;
  }

  #onFrame(frame: Frame | undefined): void {
    if (frame?.type === this.#waiting?.type && frame?.index === this.#waiting?.index) this.#waiting?.settle(frame!);
  }
}
