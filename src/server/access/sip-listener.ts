import { createServer, type Server, type Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { ConnectionBudget, ConnectionPlace, ConnectionRefusal } from '../../policy/index.ts';
import { formatIp, parseIp } from '../../wire/index.ts';
import { SipConnection } from './sip-connection.ts';
import { type OnLine, remoteOf, type SipListenerSettings } from './sip-line.ts';
import { WebPort } from './web-port.ts';

/** Accepts SIP on one address and port: over TLS, TCP, or as WebSockets on either. */
export class SipListener {
  readonly #settings: SipListenerSettings;
  readonly #budget: ConnectionBudget;
  readonly #onLine: OnLine;
  readonly #onRefused: (why: ConnectionRefusal) => void;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #web: WebPort | undefined;
  #certificate: SecureContext | undefined;

  constructor(
    settings: SipListenerSettings,
    budget: ConnectionBudget,
    certificate: SecureContext | undefined,
    onLine: OnLine,
    onRefused: (why: ConnectionRefusal) => void,
  ) {
    this.#settings = settings;
    this.#budget = budget;
    this.#certificate = certificate;
    this.#onLine = onLine;
    this.#onRefused = onRefused;
    this.#server = createServer({ noDelay: true, keepAlive: true }, socket => this.#onSocket(socket));
    if (settings.transport.startsWith('WS')) this.#web = new WebPort(settings, onLine);
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
    socket.on('error', () => {});
    if (from === undefined) {
      socket.destroy(); // gone before we could ask who it is
      return;
    }
    const place = this.#budget.admit(from);
    if (typeof place === 'string') {
      this.#onRefused(place);
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
    const ALPNProtocols = [this.#web === undefined ? 'sip' : 'http/1.1'];
    const secure = new TLSSocket(socket, { isServer: true, secureContext: this.#certificate!, ALPNProtocols });
    secure.on('error', () => socket.destroy());
    secure.once('secure', () => {
      clearTimeout(late);
      this.#ready(secure, place);
    });
  }

  #ready(socket: Socket, place: ConnectionPlace): void {
    place.handshakeDone();
    if (this.#web !== undefined) this.#web.serve(socket);
    else this.#onLine(events => new SipConnection(socket, this.#settings.limits, events), remoteOf(socket));
  }
}
