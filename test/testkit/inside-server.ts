import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { respond, type SipRequest, SipStreamReader, writeSipMessage } from '../../src/wire/index.ts';
import type { Pem } from './certificates.ts';

/** A SIP server inside that says 200 to everybody, and remembers what it was asked. */
export class InsideServer {
  readonly asked: SipRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(pem?: Pem, host = '127.0.0.1'): Promise<InsideServer> {
    const server = new InsideServer(pem);
    await new Promise<void>(resolve => server.#server.listen(0, host, resolve));
    return server;
  }

  private constructor(pem: Pem | undefined) {
    const onSocket = (socket: Socket) => this.#onSocket(socket);
    this.#server =
      pem === undefined
        ? createServer(onSocket)
        : createTlsServer({ cert: pem.certificate, key: pem.key }, onSocket).on('tlsClientError', () => {});
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #onSocket(socket: Socket): void {
    const reader = new SipStreamReader();
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('data', chunk => {
      for (const one of reader.push(chunk)) {
        if (one.kind !== 'request') continue;
        this.asked.push(one);
        if (one.method !== 'ACK') socket.write(writeSipMessage(respond(one, 200, 'inside')));
      }
    });
  }
}
