import type { WebSocket } from 'ws';
import { readSipFrame } from '../../wire/index.ts';
import type { SipLine, SipLineEvents, SipLineLimits } from './sip-line.ts';

/** SIP on a WebSocket: a message is a message (RFC 7118 §4.2). */
export class WebSocketLine implements SipLine {
  readonly #socket: WebSocket;
  readonly #limits: SipLineLimits;
  #deadline: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout;

  constructor(socket: WebSocket, limits: SipLineLimits, events: SipLineEvents) {
    this.#socket = socket;
    this.#limits = limits;
    this.#deadline = setTimeout(() => socket.terminate(), limits.messageMillis);
    this.#idle = setTimeout(() => socket.terminate(), limits.idleMillis);
    socket.on('message', data => this.#onMessage(data as Buffer, events));
    socket.on('ping', () => this.#idle.refresh());
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(this.#deadline);
      clearTimeout(this.#idle);
      events.onEnd();
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(bytes, { binary: false });
    if (this.#socket.bufferedAmount > this.#limits.buffer) this.#socket.terminate();
  }

  end(): void {
    this.#socket.close();
  }

  #onMessage(data: Buffer, events: SipLineEvents): void {
    this.#idle.refresh();
    const arrival = readSipFrame(data);
    if (arrival.kind !== 'ping' && arrival.kind !== 'pong') clearTimeout(this.#deadline);
    events.onArrival(arrival);
  }
}
