import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { ConnectionEnd } from '../../control/index.ts';
import type { Client, Engine } from '../../dataplane/index.ts';
import type { ConnectionBudget, ConnectionPlace } from '../../policy/index.ts';
import {
  type ClientId,
  formatIp,
  greetingOf,
  PSEUDO_TLS_HELLO_LENGTH,
  PSEUDO_TLS_RANDOM_LENGTH,
  pseudoTlsAnswer,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import type { Carrier } from './carrier.ts';
import { remoteOf, StreamConnection, type StreamLimits } from './stream-connection.ts';
import { MS_FRAMING, STANDARD_FRAMING, type StreamFraming } from './stream-framing.ts';
import type { TlsServer } from './tls-server.ts';

export interface StreamListenerSettings extends StreamLimits {
  /** First bytes must have come, and a TLS handshake must have ended, this long after the connection was accepted. */
  readonly helloMillis: number;
}

export interface StreamListenerEvents {
  onClientGone(client: ClientId): void;
  onConnection(transport: 'tcp' | 'tls', change: 1 | -1): void;
  onEnd(why: ConnectionEnd): void;
}

/** Accepts TCP on one address and port, where plain STUN, TLS and both forms of the Microsoft dialect live side by side. */
export class StreamListener {
  readonly #engine: Engine;
  readonly #budget: ConnectionBudget;
  readonly #settings: StreamListenerSettings;
  readonly #events: StreamListenerEvents;
  readonly #server: Server;
  #tls: TlsServer;
  /** Connections whose protocol is not known yet, or whose handshake is under way, and how each is given up. */
  readonly #greetings = new Set<Greeting>();
  readonly #connections = new Map<ClientId, StreamConnection>();

  constructor(
    engine: Engine,
    budget: ConnectionBudget,
    settings: StreamListenerSettings,
    tls: TlsServer,
    events: StreamListenerEvents,
  ) {
    this.#engine = engine;
    this.#budget = budget;
    this.#settings = settings;
    this.#tls = tls;
    this.#events = events;
    this.#server = createServer({ noDelay: true, allowHalfOpen: false }, socket => this.#onSocket(socket));
  }

  /** Rejects with the socket's own error when the port can't be had; resolves to where it listens. A descriptor listens already. */
  listen(address: TransportAddress, descriptor?: number): Promise<TransportAddress> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      const own = { host: formatIp(address), port: address.port, ipv6Only: true, exclusive: true };
      this.#server.listen(descriptor === undefined ? own : { fd: descriptor }, () => {
        this.#server.off('error', reject);
        // A connection that could not be accepted (no file descriptors left, say) concerns nobody but its client.
        this.#server.on('error', () => {});
        const bound = this.#server.address();
        resolve(withPort(address, typeof bound === 'object' && bound !== null ? bound.port : address.port));
      });
    });
  }

  /** For new handshakes; what is connected stays. */
  renewTls(tls: TlsServer): void {
    this.#tls = tls;
  }

  connectionOf(client: ClientId): StreamConnection | undefined {
    return this.#connections.get(client);
  }

  close(): Promise<void> {
    for (const greeting of this.#greetings) greeting.end('edge-closed');
    for (const connection of this.#connections.values()) connection.end('edge-closed');
    return new Promise(resolve => this.#server.close(() => resolve()));
  }

  #onSocket(socket: Socket): void {
    const place = this.#budget.admit(remoteOf(socket));
    if (typeof place === 'string') {
      socket.destroy();
      this.#events.onEnd(place);
      return;
    }
    const greeting = new Greeting(socket, place, this.#settings.helloMillis, why => {
      this.#greetings.delete(greeting);
      if (why !== undefined) this.#events.onEnd(why);
    });
    this.#greetings.add(greeting);
    socket.once('close', () => {
      place.leave();
      greeting.end('gone-early');
    });
    greeting.listen((kind, first) => this.#onFirstBytes(greeting, kind, first));
  }

  #onFirstBytes(greeting: Greeting, kind: Spoken, first: Buffer): void {
    const { socket } = greeting;
    socket.pause();
    const spent = kind === 'pseudo-tls' ? PSEUDO_TLS_HELLO_LENGTH : 0;
    if (first.length > spent) socket.unshift(first.subarray(spent));
    if (kind === 'tls') this.#handshake(greeting);
    else if (kind === 'unknown') greeting.end('unknown-protocol');
    else this.#admit(greeting, socket, 'tcp', kind === 'stun' ? STANDARD_FRAMING : MS_FRAMING);
    // Alone and at once: clients read exactly this much, and send nothing before they have it (MS-TURN §2.1.1).
    if (kind === 'pseudo-tls') socket.write(pseudoTlsAnswer(randomBytes(PSEUDO_TLS_RANDOM_LENGTH)));
  }

  #handshake(greeting: Greeting): void {
    const secure = this.#tls.secure(greeting.socket);
    secure.on('error', () => greeting.end('tls-handshake'));
    secure.once('secure', () => this.#admit(greeting, secure, 'tls', undefined));
  }

  #admit(greeting: Greeting, socket: Carrier, transport: 'tcp' | 'tls', framing: StreamFraming | undefined): void {
    if (greeting.over) return;
    greeting.succeed();
    const connection = new StreamConnection(socket, transport, framing, this.#engine, this.#settings, {
      onFirstMessage: () => greeting.place.handshakeDone(),
      onEnd: (ended, why) => this.#onEnd(ended.client, why),
    });
    this.#connections.set(connection.client.id, connection);
    this.#events.onConnection(transport, 1);
    socket.resume();
  }

  #onEnd({ id, transport }: Client, why: ConnectionEnd): void {
    this.#connections.delete(id);
    this.#events.onClientGone(id);
    this.#engine.closeStream(id);
    this.#events.onConnection(transport === 'tls' ? 'tls' : 'tcp', -1);
    this.#events.onEnd(why);
  }
}

type Spoken = Exclude<ReturnType<typeof greetingOf>, 'more'>;

/** A connection between its acceptance and the moment it is known to be a STUN client: it has one deadline, however slowly it talks. */
class Greeting {
  readonly socket: Socket;
  /** Counts as a handshake until the first whole message, as a connection until the socket has closed. */
  readonly place: ConnectionPlace;
  over = false;
  readonly #deadline: NodeJS.Timeout;
  readonly #done: (why: ConnectionEnd | undefined) => void;

  constructor(socket: Socket, place: ConnectionPlace, millis: number, done: (why: ConnectionEnd | undefined) => void) {
    this.socket = socket;
    this.place = place;
    this.#done = done;
    this.#deadline = setTimeout(() => this.end('hello-timeout'), millis);
    socket.on('error', () => this.end('gone-early'));
  }

  /** Collects the first bytes until they tell what is spoken: at most fifty. */
  listen(onKnown: (kind: Spoken, first: Buffer) => void): void {
    let first: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
      const kind = greetingOf(first, first.length);
      if (kind === 'more') return;
      this.socket.off('data', onData);
      onKnown(kind, first);
    };
    this.socket.on('data', onData);
  }

  succeed(): void {
    this.#finish(undefined);
  }

  end(why: ConnectionEnd): void {
    if (this.over) return;
    this.#finish(why);
    this.socket.destroy();
  }

  #finish(why: ConnectionEnd | undefined): void {
    this.over = true;
    clearTimeout(this.#deadline);
    this.#done(why);
  }
}
