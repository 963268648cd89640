import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { readSipFrame, type SipMessage, SipStreamReader, writeSipMessage } from '../../src/wire/index.ts';
import type { Pem } from './certificates.ts';
import { digestAnswer } from './sip-bench.ts';
import { type Headers, sipRequest } from './sip-messages.ts';

/** A message as a phone hears it: a request or a response. */
export type Heard = SipMessage & { readonly status?: number; readonly method?: string };

export interface PhoneOptions {
  readonly name: string;
  readonly port: number;
  readonly host?: string;
  /** In PEM: whom to trust. Without it nobody is checked. */
  readonly certificate?: string;
  readonly domain?: string;
  readonly password?: string;
  /** The username of digests, where it is not the name. */
  readonly login?: string;
  /** Our own address. */
  readonly from?: string;
  /** A certificate of our own, as partners have one. */
  readonly presents?: Pem;
}

/** A phone on a real socket: it says what it is told to, and signs in. */
export class SipPhone {
  readonly name: string;
  readonly domain: string;
  readonly isClosed: Promise<void>;
  readonly #password: string;
  readonly #login: string;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #close: () => void;
  readonly #heard: Heard[] = [];
  readonly #waiting: ((message: Heard) => void)[] = [];
  #number = 0;

  static async overTls(options: PhoneOptions): Promise<SipPhone> {
    return onStream(await tlsSocket(options), options);
  }

  static async overTcp({ port, host = '127.0.0.1', from, ...options }: PhoneOptions): Promise<SipPhone> {
    const socket = connectTcp({ port, host, ...(from === undefined ? {} : { localAddress: from }) });
    await opened(socket, 'connect');
    return onStream(socket, { port, ...options });
  }

  /** `url` instead of a port: `ws:` or `wss:`. */
  static async overWebSocket(url: string, options: Omit<PhoneOptions, 'port'>): Promise<SipPhone> {
    const { certificate } = options;
    const trust = certificate === undefined ? {} : { ca: certificate };
    const socket = new WebSocket(url, ['sip'], { ...trust, rejectUnauthorized: false });
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
    const phone = new SipPhone(
      options,
      bytes => socket.send(bytes),
      () => socket.terminate(),
      closed,
    );
    socket.on('message', data => phone.#hear(readSipFrame(data as Buffer) as Heard));
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => {});
    return phone;
  }

  constructor(
    { name, domain = 'example.test', password = `${name}-password`, login = name }: Omit<PhoneOptions, 'port'>,
    write: (bytes: Uint8Array) => void,
    close: () => void,
    isClosed: Promise<void>,
  ) {
    this.name = name;
    this.domain = domain;
    this.isClosed = isClosed;
    this.#password = password;
    this.#login = login;
    this.#write = write;
    this.#close = close;
  }

  close(): void {
    this.#close();
  }

  /** The next message, whenever it comes. */
  next(): Promise<Heard> {
    const first = this.#heard.shift();
    return first === undefined ? new Promise(resolve => this.#waiting.push(resolve)) : Promise.resolve(first);
  }

  send(method: string, { uri, headers = {}, body = '' }: { uri: string; headers?: Headers; body?: string }): void {
    this.#write(writeSipMessage(sipRequest(method, { uri, headers: { ...this.#own(method), ...headers }, body })));
  }

  /** The final answer to a request, which is sent again with the password where that is wanted. */
  async ask(method: string, asked: { uri: string; headers?: Headers; body?: string }): Promise<Heard> {
    this.send(method, asked);
    const said = await this.#final();
    const [name, challenge] = challengeIn(said);
    if (challenge === undefined || name === undefined) return said;
    const { uri, headers = {} } = asked;
    const answer = digestAnswer(challenge, { username: this.#login, password: this.#password, method, uri });
    this.send(method, { ...asked, headers: { ...headers, [name]: answer } });
    return this.#final();
  }

  answer(request: SipMessage, status: number, more: Readonly<Record<string, string>> = {}): void {
    const headers = request.headers.copy();
    for (const key of ['max-forwards', 'contact', 'route']) headers.remove(key);
    if (!request.to.params.has('tag')) headers.set('To', `${request.headers.first('to')};tag=${this.name}`);
    for (const [name, value] of Object.entries(more)) headers.set(name, value);
    this.#write(writeSipMessage({ kind: 'response', status, reason: 'Said', headers, body: new Uint8Array(0) }));
  }

  /** Registers; resolves to the answer. */
  signIn(more: Headers = {}): Promise<Heard> {
    const headers: Headers = {
      To: `<sip:${this.name}@${this.domain}>`,
      Contact: `<sip:${this.name}@${this.name}.invalid>`,
      'Call-ID': `${this.name}-reg`,
      ...more,
    };
    return this.ask('REGISTER', { uri: `sip:${this.domain}`, headers });
  }

  /** What a stream's reader takes from it. */
  hear(message: Heard): void {
    this.#hear(message);
  }

  #hear(message: Heard): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#heard.push(message);
    else next(message);
  }

  async #final(): Promise<Heard> {
    for (;;) {
      const said = await this.next();
      if (said.status === undefined || said.status >= 200) return said;
    }
  }

  #own(method: string): Headers {
    return {
      Via: `SIP/2.0/TLS ${this.name}.invalid;branch=z9hG4bK${this.name}${++this.#number}`,
      From: `<sip:${this.name}@${this.domain}>;tag=${this.name}`,
      CSeq: `${this.#number} ${method}`,
      'Call-ID': `${this.name}-call`,
    };
  }
}

/** A TLS connection, its handshake done. */
export async function tlsSocket({
  port,
  host = '127.0.0.1',
  certificate,
  from,
  presents,
}: PhoneOptions): Promise<TLSSocket> {
  const trust = certificate === undefined ? { rejectUnauthorized: false } : { ca: certificate };
  const local = from === undefined ? {} : { localAddress: from };
  const own = presents === undefined ? {} : { cert: presents.certificate, key: presents.key };
  const socket = connectTls({ port, host, servername: 'edge.example.test', ...trust, ...local, ...own });
  await opened(socket, 'secureConnect');
  return socket;
}

function onStream(socket: Socket, options: PhoneOptions): SipPhone {
  const reader = new SipStreamReader();
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  const phone = new SipPhone(
    options,
    bytes => socket.write(bytes),
    () => socket.destroy(),
    closed,
  );
  socket.on('data', chunk => {
    for (const one of reader.push(chunk)) phone.hear(one as Heard);
  });
  return phone;
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('error', reject);
    socket.on('error', () => {});
  });
}

function challengeIn({ status, headers }: Heard): [string, string | undefined] | [] {
  if (status === 401) return ['Authorization', headers.first('www-authenticate')];
  if (status === 407) return ['Proxy-Authorization', headers.first('proxy-authenticate')];
  return [];
}
