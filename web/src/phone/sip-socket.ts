import type { Socket } from 'jssip';

/** Below the minute after which NATs, proxies and the edge forget a connection that is silent (RFC 5626 §4.4.1). */
const PING_MS = 25_000;
const PONG_MS = 8_000;

/** SIP over a WebSocket (RFC 7118) as JsSIP wants it, kept alive by CRLF (RFC 5626 §3.5.1): a line that died unnoticed is noticed. */
export class SipSocket implements Socket {
  readonly url: string;
  readonly sip_uri: string;
  via_transport: string;
  #socket: WebSocket | null = null;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string) {
    const { protocol, host } = new URL(url);
    this.url = url;
    this.sip_uri = `sip:${host};transport=ws`;
    this.via_transport = protocol === 'wss:' ? 'WSS' : 'WS';
  }

  /** JsSIP puts its own in the place of these three. */
  onconnect(): void {}
  ondisconnect(_error: boolean, _code?: number, _reason?: string): void {}
  ondata<T>(_event: T): void {}

  connect(): void {
    this.disconnect();
    const socket = new WebSocket(this.url, 'sip');
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#ping = setInterval(() => this.ping(), PING_MS);
      this.onconnect();
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(this.#pong);
      this.#pong = undefined;
      this.ondata(data);
    };
    socket.onclose = ({ wasClean, code, reason }) => this.#onClosed(!wasClean, code, reason);
    this.#socket = socket;
  }

  /** Asks whether the line is alive; who does not answer is gone. */
  ping(): void {
    if (!this.isConnected() || this.#pong !== undefined) return;
    this.send('\r\n\r\n');
    this.#pong = setTimeout(() => this.#onClosed(true), PONG_MS);
  }

  send(message: string | ArrayBuffer | Blob | ArrayBufferView<ArrayBuffer>): boolean {
    if (!this.isConnected()) return false;
    this.#socket!.send(message);
    return true;
  }

  disconnect(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    this.#pong = undefined;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }

  /** The closing handshake of a dead line would take minutes: it is not waited for. */
  #onClosed(error: boolean, code?: number, reason?: string): void {
    this.disconnect();
    this.ondisconnect(error, code, reason);
  }
}
