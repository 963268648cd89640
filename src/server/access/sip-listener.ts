import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnectionBudget, ConnectionPlace } from '../../policy/index.ts';
import type { SipTransport } from '../../sip/index.ts';
import { formatIp, parseIp, SIP_LIMITS, type TransportAddress } from '../../wire/index.ts';
import { SipConnection } from './sip-connection.ts';
import type { SipLine, SipLineEvents, SipLineLimits } from './sip-line.ts';
import { WebSocketLine } from './web-socket-line.ts';

export interface SipListenerSettings {
  readonly transport: Exclude<SipTransport, 'UDP'>;
  readonly address: TransportAddress;
  /** Of a socket that listens there already. */
  readonly descriptor?: number | undefined;
  readonly limits: SipLineLimits;
  /** Pages besides our own that may open a WebSocket, by `Origin`; undefined: all. Clients that are no browsers name none. */
  readonly origins?: readonly string[];
}

/** Takes a line that has been opened, and says what is done with what it brings. */
export type OnLine = (line: (events: SipLineEvents) => SipLine, remote: { host: string; port: number }) => void;

/** Accepts SIP on one address and port: over TLS, TCP, or as WebSockets on either. */
export class SipListener {
  readonly #settings: SipListenerSettings;
  readonly #budget: ConnectionBudget;
  readonly #onLine: OnLine;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #webSockets: { handshake: (socket: Socket) => void } | undefined;
  #certificate: SecureContext | undefined;

  constructor(
    settings: SipListenerSettings,
    budget: ConnectionBudget,
    certificate: SecureContext | undefined,
    onLine: OnLine,
  ) {
    this.#settings = settings;
    this.#budget = budget;
    this.#certificate = certificate;
    this.#onLine = onLine;
    this.#server = createServer({ noDelay: true, keepAlive: true }, socket => this.#onSocket(socket));
    this.#webSockets = settings.transport.startsWith('WS') ? webSockets(settings, onLine) : undefined;
  }

  listen(): Promise<number> {
    const { address, descriptor } = this.#settings;
    const own = { host: formatIp(address), port: address.port, ipv6Only: true, exclusive: true };
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(descriptor === undefined ? own : { fd: descriptor }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => {});
        const bound = this.#server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port);
      });
    });
  }

  renewCertificate(certificate: SecureContext): void {
    this.#certificate = certificate;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise(resolve => this.#server.close(() => resolve()));
  }

  #onSocket(socket: Socket): void {
    const from = parseIp(socket.remoteAddress ?? '');
    const place = from === undefined ? 'total-connections' : this.#budget.admit(from);
    socket.on('error', () => {});
    if (typeof place === 'string') {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      place.leave();
      this.#sockets.delete(socket);
    });
    const isSecure = this.#settings.transport === 'TLS' || this.#settings.transport === 'WSS';
    if (isSecure) this.#handshake(socket, place);
    else this.#ready(socket, place);
  }

  #handshake(socket: Socket, place: ConnectionPlace): void {
    const late = setTimeout(() => socket.destroy(), this.#settings.limits.messageMillis);
    socket.once('close', () => clearTimeout(late));
    const ALPNProtocols = [this.#webSockets === undefined ? 'sip' : 'http/1.1'];
    const secure = new TLSSocket(socket, { isServer: true, secureContext: this.#certificate!, ALPNProtocols });
    secure.on('error', () => socket.destroy());
    secure.once('secure', () => {
      clearTimeout(late);
      this.#ready(secure, place);
    });
  }

  #ready(socket: Socket, place: ConnectionPlace): void {
    place.handshakeDone();
    if (this.#webSockets !== undefined) this.#webSockets.handshake(socket);
    else this.#onLine(events => new SipConnection(socket, this.#settings.limits, events), remoteOf(socket));
  }
}

/** RFC 7118 §4.1: the subprotocol is `sip`, and who does not ask for it is not served. Nothing is compressed: that costs more than it saves. */
function webSockets({ limits, origins }: SipListenerSettings, onLine: OnLine): { handshake: (socket: Socket) => void } {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: SIP_LIMITS.head + SIP_LIMITS.body,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
  });
  const http = createHttpServer((_, response) => response.writeHead(426, { Connection: 'close' }).end());
  http.headersTimeout = limits.messageMillis;
  http.requestTimeout = limits.messageMillis;
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = refusalOf(request, origins);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      onLine(events => new WebSocketLine(webSocket, limits, events), remoteOf(socket));
    });
  });
  return { handshake: socket => http.emit('connection', socket) };
}

function refusalOf({ headers }: IncomingMessage, origins: readonly string[] | undefined): string | undefined {
  const asked = (headers['sec-websocket-protocol'] ?? '').split(',').map(one => one.trim());
  if (!asked.includes('sip')) return '400 Bad Request';
  const { origin, host } = headers;
  if (origin === undefined || origins === undefined || origins.includes(origin)) return undefined;
  return host !== undefined && URL.parse(origin)?.host === host ? undefined : '403 Forbidden'; // a page of ours
}

function remoteOf(socket: Socket): { host: string; port: number } {
  return { host: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''), port: socket.remotePort ?? 0 };
}
