import { inflateRawSync } from 'node:zlib';
import type { Facts } from '../../topology/doctor/index.ts';
import { factsFromText } from '../../topology/doctor/index.ts';
import type { IpAddress, TransportAddress } from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { decodeFrame, encodeFrame, type Frame } from './report-frames.ts';
import { type Door, openRelay, type Visitor } from './visitor.ts';

/** Half of a permission's life (RFC 8656 §9). */
const KEEP_MILLIS = 150_000;
const LONGEST_TEXT = 4 * 1024 * 1024;

/** The doctor's end: a relay of its own edge, where probes send what they saw. */
export class ReportReceiver {
  readonly address: TransportAddress;
  /** To be set before anybody can know of it: messages signed with another key are nothing. */
  key: Uint8Array = new Uint8Array(32);
  readonly #close: () => Promise<void>;
  readonly #parts = new Map<number, Uint8Array>();
  #count = 0;
  #onFacts: (facts: Omit<Facts, 'expected'>) => void = () => {};

  /** Undefined when the edge gives no relay: then there is nowhere to wait. Probes come from relays on these addresses. */
  static async open(
    visitor: Visitor,
    door: Door,
    relays: readonly IpAddress[],
    family: 4 | 6,
  ): Promise<ReportReceiver | undefined> {
    const opened = await openRelay(visitor, door, family);
    if ('code' in opened) return undefined;
    const { end, relayed } = opened;
    const permit = async () => {
      for (const relay of relays) await end.asker.permit(relay);
    };
    await permit();
    const timer = setInterval(() => void end.asker.refresh().then(permit), KEEP_MILLIS);
    const receiver = new ReportReceiver(relayed, async () => {
      clearInterval(timer);
      await end.asker.close();
    });
    end.asker.onData = (peer, payload) => {
      const answer = receiver.#onFrame(decodeFrame(payload, 'probe', receiver.key));
      if (answer !== undefined) end.asker.sendTo(peer, encodeFrame(answer, 'doctor', receiver.key));
    };
    return receiver;
  }

  private constructor(address: TransportAddress, close: () => Promise<void>) {
    this.address = address;
    this.#close = close;
  }

  /** What a probe saw; undefined when none has reported in time. */
  wait(millis: number): Promise<Omit<Facts, 'expected'> | undefined> {
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(undefined), millis);
      this.#onFacts = facts => {
        clearTimeout(timer);
        resolve(facts);
      };
    });
  }

  close(): Promise<void> {
    return this.#close();
  }

  #onFrame(frame: Frame | undefined): Frame | undefined {
    if (frame?.type === 'hello') return { type: 'time', index: 0, count: 1, payload: now() };
    if (frame?.type !== 'part') return undefined;
    this.#keep(frame);
    return { ...frame, type: 'got', payload: new Uint8Array(0) };
  }

  /** Bounded: a report has at most so many parts, and a new one takes the place of the old. */
  #keep({ index, count, payload }: Frame): void {
    if (count !== this.#count) this.#parts.clear();
    this.#count = count;
    this.#parts.set(index, payload);
    if (this.#parts.size < count) return;
    const all = Array.from({ length: count }, (_, i) => this.#parts.get(i)!);
    this.#parts.clear();
    const facts = factsFromText(inflated(Buffer.concat(all)));
    // The answer to the last part leaves before the relay is closed.
    if (facts !== undefined) setTimeout(() => this.#onFacts(facts), 50);
  }
}

function now(): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(clock.wall());
  return bytes;
}

function inflated(bytes: Uint8Array): string {
  try {
    return inflateRawSync(bytes, { maxOutputLength: LONGEST_TEXT }).toString('utf8');
  } catch {
    return '';
  }
}
