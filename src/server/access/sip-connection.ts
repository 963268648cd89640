import type { Socket } from 'node:net';
import { SipStreamReader } from '../../wire/index.ts';
import type { SipLine, SipLineEvents, SipLineLimits } from './sip-line.ts';

/** SIP on a TCP or TLS socket. */
export class SipConnection implements SipLine {
  readonly #socket: Socket;
  readonly #limits: SipLineLimits;
  readonly #events: SipLineEvents;
  readonly #reader = new SipStreamReader();
  #deadline: NodeJS.Timeout | undefined;
  #isOver = false;

  /** One that we have opened may be silent at first: it is we who have something to say. */
  constructor(socket: Socket, limits: SipLineLimits, events: SipLineEvents, isOurs = false) {
    this.#socket = socket;
    this.#limits = limits;
    this.#events = events;
    if (!isOurs) this.#await();
    socket.setTimeout(limits.idleMillis, () => socket.destroy());
    socket.on('data', chunk => this.#onData(chunk));
    socket.on('error', () => {});
    socket.once('close', () => this.#onClose());
  }

  send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > this.#limits.buffer) this.#socket.destroy();
  }

  end(): void {
    this.#socket.end();
    this.#await();
  }

  /** Who drips a message has as long for it as who says nothing. */
  #onData(chunk: Uint8Array): void {
    for (const arrival of this.#reader.push(chunk)) {
      if (arrival.kind !== 'ping' && arrival.kind !== 'pong') this.#settle();
      this.#events.onArrival(arrival);
    }
    if (this.#reader.isMidway) this.#await();
  }

  #await(): void {
    this.#deadline ??= setTimeout(() => this.#socket.destroy(), this.#limits.messageMillis);
  }

  #settle(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #onClose(): void {
    this.#isOver = true;
    this.#settle();
    this.#events.onEnd();
  }
}
