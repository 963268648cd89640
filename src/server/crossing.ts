import { createHmac, timingSafeEqual } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { REFUSALS, type Refusal } from '../turn/index.ts';
import type { LinkId } from '../wire/index.ts';

/** Between processes of one machine; an answer that takes longer does not come. */
const WORD_MILLIS = 5_000;
/** More than the longest word: the key, a number, a username of 508 bytes. */
const LONGEST_WORD = 1_024;
/** Callers who have not said who they are. */
const MOST_CALLERS = 64;

export interface CrossingEvents {
  /** A client of another worker wants this connection: the link, which is its own from now on, or why not. */
  onAsked(connection: number, user: string): LinkId | Refusal;
  /** What the stream says is for the peer. */
  onJoined(link: LinkId, stream: Duplex): void;
}

/**
 * How a ConnectionBind reaches a connection of another worker (ADR 0013): by a Unix socket in the abstract namespace, under a name and
 * with a key that only workers of the same supervisor can know.
 *
 * ```
 * asks:      key SP connection SP user (base64url) LF
 * answers:   ok LF, and from then on bytes of client and peer; or a refusal LF
 * ```
 */
export class Crossing {
  readonly #secret: Uint8Array;
  readonly #index: number;
  readonly #events: CrossingEvents;
  readonly #server: Server;
  readonly #callers = new Set<Socket>();

  constructor(secret: Uint8Array, index: number, events: CrossingEvents) {
    this.#secret = secret;
    this.#index = index;
    this.#events = events;
    this.#server = createServer({ allowHalfOpen: true }, socket => void this.#onCaller(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#nameOf(this.#index), resolve);
    });
  }

  close(): void {
    this.#server.close();
    for (const caller of this.#callers) caller.destroy();
  }

  /** The connection of another worker as a stream, or why this user can't have it. */
  async ask(worker: number, connection: number, user: string): Promise<Duplex | Refusal> {
    const socket = connect({ path: this.#nameOf(worker), allowHalfOpen: true });
    socket.on('error', () => {}); // 'close' follows
    socket.write(`${this.#key()} ${connection} ${Buffer.from(user).toString('base64url')}\n`);
    const word = await wordOf(socket);
    if (word === 'ok') return socket;
    socket.destroy();
    return word !== undefined && Object.hasOwn(REFUSALS, word) ? (word as Refusal) : 'connection-unknown';
  }

  async #onCaller(socket: Socket): Promise<void> {
    socket.on('error', () => {}); // 'close' follows
    if (this.#callers.size >= MOST_CALLERS) {
      socket.destroy();
      return;
    }
    this.#callers.add(socket);
    const word = await wordOf(socket);
    this.#callers.delete(socket);
    const [key = '', connection, user = ''] = (word ?? '').split(' ');
    if (!sameText(key, this.#key())) {
      socket.destroy();
      return;
    }
    const link = this.#events.onAsked(Number(connection), Buffer.from(user, 'base64url').toString());
    if (typeof link === 'string') {
      socket.end(`${link}\n`);
      return;
    }
    socket.write('ok\n');
    this.#events.onJoined(link, socket);
  }

  #nameOf(index: number): string {
    return `\0sallyport-${this.#derived(`crossing ${index}`)}`;
  }

  #key(): string {
    return this.#derived('crossing key');
  }

  #derived(purpose: string): string {
    return createHmac('sha256', this.#secret).update(purpose).digest('base64url');
  }
}

/** A stream that has ended already: what is joined with it ends, too. */
export function closedStream(): Duplex {
  return new PassThrough().destroy();
}

/** The first line; what comes behind it stays in the stream. Undefined when there is none in time. */
function wordOf(socket: Socket): Promise<string | undefined> {
  return new Promise(resolve => {
    let said: Buffer = Buffer.alloc(0);
    const done = (word: string | undefined) => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', onData).off('close', onClose);
      if (word === undefined) socket.destroy();
      resolve(word);
    };
    const onClose = () => done(undefined);
    const onData = (chunk: Buffer) => {
      said = Buffer.concat([said, chunk]);
      const end = said.indexOf(0x0a);
      if (end < 0 && said.length <= LONGEST_WORD) return;
      if (end < 0) return done(undefined);
      done(said.toString('latin1', 0, end));
      if (end + 1 < said.length) socket.unshift(said.subarray(end + 1));
    };
    const timer = setTimeout(onClose, WORD_MILLIS);
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
