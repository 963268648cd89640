import { ATTRIBUTES, CHANNEL_HEADER, CLASSES, isChannelByte, lengthOf, METHODS, MessageView } from '../wire/index.ts';
import type { LinesSink } from './lines.ts';

/** Tells payloads from answers. */
export class Incoming {
  readonly #sink: LinesSink;
  readonly #view = new MessageView();

  constructor(sink: LinesSink) {
    this.#sink = sink;
  }

  /** One whole message of the server in b[start, end). What is none is left alone: its sender will miss the answer. */
  take(client: number, b: Uint8Array, start: number, end: number, ticks: number): void {
    if (end - start < CHANNEL_HEADER) return;
    if (isChannelByte(b[start]!)) {
      const payload = start + CHANNEL_HEADER;
      this.#sink.onPayload(client, b, payload, Math.min(end, payload + lengthOf(b, start)), ticks);
      return;
    }
    if (isDataIndication(b, start)) this.#takeIndication(client, b, start, end, ticks);
    else this.#sink.onControl(client, b, start, end);
  }

  #takeIndication(client: number, b: Uint8Array, start: number, end: number, ticks: number): void {
    const view = this.#view;
    if (view.read(b, start, end) !== 'ok') return;
    const data = view.find(ATTRIBUTES.Data);
    if (data < 0) return;
    const at = view.offsetAt(data);
    this.#sink.onPayload(client, b, at, at + view.lengthAt(data), ticks);
  }
}

const FIRST_BYTE = 0x00;
const SECOND_BYTE = (METHODS.Data & 0xf) | (CLASSES.indication << 4);

function isDataIndication(b: Uint8Array, start: number): boolean {
  return b[start] === FIRST_BYTE && b[start + 1] === SECOND_BYTE;
}
