import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { SIP_LIMITS } from '../../wire/index.ts';
import { type OnLine, remoteOf, type SipListenerSettings } from './sip-line.ts';
import { WebSocketLine } from './web-socket-line.ts';

/** How much longer than a request an answer may take: pages are larger, and lines thin. */
const ANSWER_FACTOR = 6;

/**
 * HTTP and WebSockets on connections that are handed to it (RFC 7118). Node enforces the time limits of HTTP only on servers that
 * listen themselves, so they are kept here.
 */
export class WebPort {
  readonly #http: Server;
  readonly #settings: SipListenerSettings;
  readonly #onLine: OnLine;
  readonly #deadlines = new WeakMap<Socket, NodeJS.Timeout>();
  /** §4.1: the subprotocol is `sip`. Nothing is compressed: that costs more than it saves. */
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: SIP_LIMITS.head + SIP_LIMITS.body,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
  });

  constructor(settings: SipListenerSettings, onLine: OnLine) {
    this.#settings = settings;
    this.#onLine = onLine;
    this.#http = settings.web ?? createServer((_, response) => response.writeHead(426, { Connection: 'close' }).end());
    this.#http.on('request', (request, response) => this.#onRequest(request, response));
    this.#http.on('upgrade', (request, socket: Socket, head) => this.#onUpgrade(request, socket, head));
  }

  serve(socket: Socket): void {
    this.#within(socket, 1);
    socket.once('close', () => clearTimeout(this.#deadlines.get(socket)));
    this.#http.emit('connection', socket);
  }

  #onRequest({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#within(socket, ANSWER_FACTOR);
    response.once('close', () => this.#within(socket, 1));
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { origins, limits } = this.#settings;
    const refusal = refusalOf(request, origins);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    clearTimeout(this.#deadlines.get(socket));
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      this.#onLine(events => new WebSocketLine(webSocket, limits, events), remoteOf(socket));
    });
  }

  /** One deadline at a time: for a request from its first byte to its last, then for the answer, then for the next request. */
  #within(socket: Socket, factor: number): void {
    clearTimeout(this.#deadlines.get(socket));
    if (socket.destroyed) return;
    const millis = factor * this.#settings.limits.messageMillis;
    this.#deadlines.set(
      socket,
      setTimeout(() => socket.destroy(), millis),
    );
  }
}

/** Who does not ask for the subprotocol is not served; nor is a page of strangers. */
function refusalOf({ headers }: IncomingMessage, origins: readonly string[] | undefined): string | undefined {
  const asked = (headers['sec-websocket-protocol'] ?? '').split(',').map(one => one.trim());
  if (!asked.includes('sip')) return '400 Bad Request';
  const { origin, host } = headers;
  if (origin === undefined || origins === undefined || origins.includes(origin)) return undefined;
  return host !== undefined && URL.parse(origin)?.host === host ? undefined : '403 Forbidden'; // a page of ours
}
