import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { certificateNames } from '../../sip/index.ts';
import { type Certificate, tlsOptions } from '../certificate.ts';

/** What listeners present. */
export type Presented = Pick<Certificate, 'pem'>;

/** A certificate that the other end has shown: whom it names, and what is wrong with it (`CERT_HAS_EXPIRED`). */
export interface ShownCertificate {
  readonly names: readonly string[];
  readonly fault?: string;
}

export interface TlsDoorSettings {
  readonly protocol: 'sip' | 'http/1.1';
  /** Whether clients are asked for a certificate. They need not have one: phones have none. */
  readonly asks: boolean;
  /** PEM: whom we trust to vouch for others. Undefined: Node.js's own list. */
  readonly authorities?: string | undefined;
  readonly handshakeMillis: number;
  /** A handshake came to nothing, and why: `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA` is a client that does not trust our certificate. */
  readonly onFailed: (socket: Socket, why: string) => void;
}

/** Makes TLS of sockets that somebody else accepts. */
export class TlsDoor {
  readonly #settings: TlsDoorSettings;
  readonly #server: Server;
  #authorities: string | undefined;
  readonly #waiting = new Map<string, (socket: TLSSocket) => void>();

  constructor(settings: TlsDoorSettings, presented: Presented) {
    this.#settings = settings;
    this.#authorities = settings.authorities;
    const { protocol, asks } = settings;
    // whoever shows none, or one that is good for nothing, may still be a phone: that is for others to decide
    const client = { requestCert: asks, rejectUnauthorized: false };
    this.#server = createServer({ ...this.#options(presented), ...client, ALPNProtocols: [protocol] }, socket =>
      this.#waiting.get(keyOf(socket))?.(socket),
    );
    this.#server.on('tlsClientError', ({ code = 'unknown' }: NodeJS.ErrnoException, socket) => {
      settings.onFailed(socket, code);
      socket.destroy();
    });
  }

  /** Without authorities those before stay. */
  renew(presented: Presented, authorities = this.#authorities): void {
    this.#authorities = authorities;
    this.#server.setSecureContext(this.#options(presented));
  }

  /** Tells of it when the handshake is done; a socket that does not get so far is destroyed. */
  open(socket: Socket, onSecure: (secure: TLSSocket, shown: ShownCertificate | undefined) => void): void {
    const key = keyOf(socket);
    const late = setTimeout(() => socket.destroy(), this.#settings.handshakeMillis);
    const settle = () => {
      clearTimeout(late);
      this.#waiting.delete(key);
    };
    socket.once('close', settle);
    this.#waiting.set(key, secure => {
      settle();
      secure.on('error', () => socket.destroy());
      onSecure(secure, this.#settings.asks ? shownBy(secure) : undefined);
    });
    this.#server.emit('connection', socket);
  }

  #options({ pem }: Presented) {
    const { asks } = this.#settings;
    const authorities = this.#authorities;
    return { ...tlsOptions(pem), ...(asks && authorities !== undefined ? { ca: authorities } : {}) };
  }
}

function shownBy(socket: TLSSocket): ShownCertificate | undefined {
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return undefined;
  const names = certificateNames(shown.subjectAltName);
  return socket.authorized ? { names } : { names, fault: String(socket.authorizationError) };
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
