import { createServer, type Server, type Socket } from 'node:net';
import type { ConnectionBudget, ConnectionPlace, ConnectionRefusal } from '../../policy/index.ts';
import type { Flow } from '../../sip/index.ts';
import { formatIp, parseIp } from '../../wire/index.ts';
import { SipConnection } from './sip-connection.ts';
import { type OnLine, remoteOf, type SipListenerSettings } from './sip-line.ts';
import { type Presented, type ShownCertificate, TlsDoor } from './tls-door.ts';
import { WebPort } from './web-port.ts';

/** Whom federation partners' certificates are checked with; asked for over TLS only, since browsers would bother people. */
export interface PartnerTrust {
  readonly authorities?: string | undefined;
}

/** Why a connection has not become a line; of a handshake that failed, what TLS said. */
export type NotLetIn = { readonly why: ConnectionRefusal } | HandshakeFailure;

export interface HandshakeFailure {
  readonly why: 'tls-handshake';
  readonly remote: Flow['remote'];
  readonly detail: string;
}

/** Accepts SIP on one address and port: over TLS, TCP, or as WebSockets on either. */
export class SipListener {
  readonly #settings: SipListenerSettings;
  readonly #budget: ConnectionBudget;
  readonly #onLine: OnLine;
  readonly #onRefused: (refused: NotLetIn) => void;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #web: WebPort | undefined;
  readonly #tls: TlsDoor | undefined;

  constructor(
    settings: SipListenerSettings,
    budget: ConnectionBudget,
    certificate: Presented | undefined,
    onLine: OnLine,
    onRefused: (refused: NotLetIn) => void,
    partners?: PartnerTrust,
  ) {
    this.#settings = settings;
    this.#budget = budget;
    this.#onLine = onLine;
    this.#onRefused = onRefused;
    this.#server = createServer({ noDelay: true, keepAlive: true }, socket => this.#onSocket(socket));
    if (settings.transport.startsWith('WS')) this.#web = new WebPort(settings, onLine);
    const door = {
      protocol: this.#web === undefined ? ('sip' as const) : ('http/1.1' as const),
      asks: partners !== undefined && settings.transport === 'TLS',
      authorities: partners?.authorities,
      handshakeMillis: settings.limits.messageMillis,
      onFailed: (socket: Socket, detail: string) =>
        onRefused({ why: 'tls-handshake', remote: remoteOf(socket), detail }),
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

  renewCertificate(certificate: Presented, authorities?: string): void {
    this.#tls?.renew(certificate, authorities);
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise(resolve => this.#server.close(() => resolve()));
  }

  #onSocket(socket: Socket): void {
    const from = parseIp(socket.remoteAddress ?? '');
    socket.on('error', () => {});
    if (from === undefined) {
      socket.destroy(); // gone before we could ask who it is
      return;
    }
    const place = this.#budget.admit(from);
    if (typeof place === 'string') {
      this.#onRefused({ why: place });
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
    if (this.#web !== undefined) this.#web.serve(socket);
    else this.#onLine(events => new SipConnection(socket, this.#settings.limits, events), remoteOf(socket), shown);
  }
}
