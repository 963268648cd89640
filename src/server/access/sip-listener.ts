import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnectionBudget, ConnectionPlace } from '../../policy/index.ts';
import type { SipTransport } from '../../sip/index.ts';
import { formatIp, parseIp, SIP_LIMITS, type TransportAddress } from '../../wire/index.ts';
import { SipConnection } from './sip-connection.ts';
import type { SipLine, SipLineEvents, SipLineLimits } from './sip-line.ts';
import { type Presented, type ShownCertificate, TlsDoor } from './tls-door.ts';
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
export type OnLine = (
  line: (events: SipLineEvents) => SipLine,
  remote: { host: string; port: number },
  shown: ShownCertificate | undefined,
) => void;

/** Whom federation partners' certificates are checked with; asked for over TLS only, since browsers would bother people. */
export interface PartnerTrust {
  readonly authorities?: string | undefined;
}

/** Accepts SIP on one address and port: over TLS, TCP, or as WebSockets on either. */
export class SipListener {
  readonly #settings: SipListenerSettings;
  readonly #budget: ConnectionBudget;
  readonly #onLine: OnLine;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #webSockets: { handshake: (socket: Socket) => void } | undefined;
  readonly #tls: TlsDoor | undefined;

  constructor(
    settings: SipListenerSettings,
    budget: ConnectionBudget,
    certificate: Presented | undefined,
    onLine: OnLine,
    partners?: PartnerTrust,
  ) {
    this.#settings = settings;
    this.#budget = budget;
    this.#onLine = onLine;
    this.#server = createServer({ noDelay: true, keepAlive: true }, socket => this.#onSocket(socket));
    this.#webSockets = settings.transport.startsWith('WS') ? webSockets(settings, onLine) : undefined;
    const door = {
      protocol: this.#webSockets === undefined ? ('sip' as const) : ('http/1.1' as const),
      asks: partners !== undefined && settings.transport === 'TLS',
      authorities: partners?.authorities,
      handshakeMillis: settings.limits.messageMillis,
    };
    const isSecure = settings.transport === 'TLS' || settings.transport === 'WSS';
    this.#tls = isSecure ? new TlsDoor(door, certificate!) : undefined;
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

  renewCertificate(certificate: Presented): void {
    this.#tls?.renew(certificate);
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
    if (this.#tls === undefined) this.#ready(socket, place);
    else this.#tls.open(socket, (secure, shown) => this.#ready(secure, place, shown));
  }

  #ready(socket: Socket, place: ConnectionPlace, shown?: ShownCertificate): void {
    place.handshakeDone();
    if (this.#webSockets !== undefined) this.#webSockets.handshake(socket);
    else this.#onLine(events => new SipConnection(socket, this.#settings.limits, events), remoteOf(socket), shown);
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
      onLine(events => new WebSocketLine(webSocket, limits, events), remoteOf(socket), undefined);
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
