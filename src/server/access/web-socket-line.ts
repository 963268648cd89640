import type { WebSocket } from 'ws';
import { readSipFrame } from '../../wire/index.ts';
import type { SipLine, SipLineEvents, SipLineLimits } from './sip-line.ts';

const PING_MILLIS = 45_000;

/** SIP on a WebSocket: a message is a message (RFC 7118 §4.2). */
export class WebSocketLine implements SipLine {
  readonly #socket: WebSocket;
  readonly #limits: SipLineLimits;
  #deadline: NodeJS.Timeout | undefined;
  readonly #idle: NodeJS.Timeout;
  readonly #pings: NodeJS.Timeout;

  constructor(socket: WebSocket, limits: SipLineLimits, events: SipLineEvents) {
    this.#socket = socket;
    this.#limits = limits;
    this.#deadline = setTimeout(() => socket.terminate(), limits.messageMillis);
    this.#idle = setTimeout(() => socket.terminate(), limits.idleMillis);
    socket.on('message', data => this.#onMessage(data as Buffer, events));
    for (const sign of ['ping', 'pong']) socket.on(sign, () => this.#idle.refresh());
    // pages can't ping, and proxies in between give up after a minute
    this.#pings = setInterval(() => socket.ping(), Math.min(PING_MILLIS, limits.idleMillis / 2));
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(this.#deadline);
      clearTimeout(this.#idle);
      clearInterval(this.#pings);
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
