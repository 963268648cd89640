import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FrameReader, formatIp, LONGEST_FRAME, type TransportAddress } from '../wire/index.ts';
import { type Envelope, LARGEST_ENVELOPE } from './envelope.ts';
import { Incoming } from './incoming.ts';
import type { Lines, LinesSink } from './lines.ts';
import { ticksOf, writeStamp } from './stamp.ts';

export interface StreamLinesOptions {
  readonly server: TransportAddress;
  readonly from: TransportAddress;
  readonly isTls: boolean;
  /** For TLS: the name that the server's certificate is chosen by. */
  readonly serverName: string | undefined;
  readonly envelopeOf: (client: number) => Envelope;
  readonly now: () => number;
}

const CHUNK = 256 * 1024;
/** A connection with more than this unsent takes no more. */
const MOST_UNSENT = 1024 * 1024;
const CONNECT_MILLIS = 8_000;

/** A TCP or TLS connection for each client. Certificates are not verified: what is measured is a relay, and nothing secret is sent. */
export class StreamLines implements Lines {
  readonly isReliable = true;
  refused = 0;
  readonly #options: StreamLinesOptions;
  readonly #incoming: Incoming;
  readonly #sockets: (Socket | undefined)[] = [];
  /** Messages of one client that follow each other in the chunk go out in one write. */
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #runClient = -1;
  #runStart = 0;
  #runEnd = 0;

  constructor(options: StreamLinesOptions, sink: LinesSink) {
    this.#options = options;
    this.#incoming = new Incoming(sink);
  }

  open(client: number): Promise<void> {
    const socket = this.#connect();
    this.#sockets[client] = socket;
    this.#read(client, socket);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('no connection within 8 s')), CONNECT_MILLIS);
      socket.once(this.#options.isTls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.on('error', error => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  close(client: number): void {
    if (this.#runClient === client) this.flush();
    this.#sockets[client]?.destroy();
    this.#sockets[client] = undefined;
  }

  sendControl(client: number, message: Uint8Array): void {
    this.#sockets[client]?.write(message.slice());
  }

  sendPayload(client: number, size: number, mark: number, sequence: number, ticks: number): void {
    const socket = this.#sockets[client];
    if (socket === undefined) return;
    if (socket.writableLength > MOST_UNSENT) {
      this.refused++;
      return;
    }
    const envelope = this.#options.envelopeOf(client);
    const at = this.#room(client, LARGEST_ENVELOPE + size + 4);
    this.#runEnd = envelope.write(this.#chunk, at, size);
    writeStamp(this.#chunk, at + envelope.header, mark, client, sequence, ticks);
  }

  flush(): void {
    if (this.#runClient < 0) return;
    const run = this.#chunk.subarray(this.#runStart, this.#runEnd);
    this.#sockets[this.#runClient]?.write(run);
    this.#runClient = -1;
    this.#runStart = this.#runEnd;
  }

  /** Where the next message of this client goes. A chunk is used once: node still reads from it. */
  #room(client: number, length: number): number {
    if (client !== this.#runClient) this.flush();
    if (this.#runEnd + length > CHUNK) {
      this.flush();
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK);
      this.#runStart = 0;
      this.#runEnd = 0;
    }
    this.#runClient = client;
    return this.#runEnd;
  }

  #connect(): Socket {
    const { server, from, isTls, serverName } = this.#options;
    const to = { host: formatIp(server), port: server.port, localAddress: formatIp(from), noDelay: true };
    if (!isTls) return connectTcp(to);
    return connectTls({ ...to, rejectUnauthorized: false, ...(serverName && { servername: serverName }) });
  }

  #read(client: number, socket: Socket): void {
    const reader = new FrameReader(LONGEST_FRAME);
    socket.on('data', chunk => {
      const ticks = ticksOf(this.#options.now());
      reader.push(chunk, (bytes, start, end) => this.#incoming.take(client, bytes, start, end, ticks));
      this.flush();
    });
  }
}
