/*
 * The client side of main.ts, in a process and on a processor of its own: `node load.ts`, then one question at a time as messages of its
 * parent. It holds the connections; users take turns on them, so that each REGISTER is challenged.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export type Ask =
  | { readonly do: 'open'; readonly port: number; readonly connections: number; readonly users: number }
  /** Each user once, `perSecond` at most, or as fast as they are answered with so many at a time. */
  | { readonly do: 'register'; readonly first: number; readonly count: number; readonly perSecond: number }
  | { readonly do: 'register-all'; readonly count: number; readonly atOnce: number }
  /** Each user over a connection of his own, which is opened for it: the edge closes one that says nothing. */
  | { readonly do: 'sign-in-all'; readonly port: number; readonly count: number; readonly atOnce: number };

export interface Registered {
  readonly seconds: number;
  /** From the first REGISTER to the 200, in milliseconds. */
  readonly delays: readonly number[];
  readonly failed: number;
}

export const REALM = 'example.test';
const lines: Line[] = [];
let users = 0;

/** One connection; its requests are answered in their order. */
class Line {
  readonly #socket: TLSSocket;
  readonly #waiting: ((head: string) => void)[] = [];
  #text = '';

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#onText(chunk));
  }

  ask(request: string): Promise<string> {
    this.#socket.write(request, 'latin1');
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  /** No answer here has a body. */
  #onText(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf('\r\n\r\n'); end >= 0; end = this.#text.indexOf('\r\n\r\n')) {
      this.#waiting.shift()?.(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 4);
    }
  }
}

process.on('message', (ask: Ask) => {
  void answer(ask).then(said => process.send!(said));
});
process.once('disconnect', () => process.exit());

function answer(ask: Ask): Promise<unknown> {
  if (ask.do === 'open') return open(ask);
  if (ask.do === 'sign-in-all') return signInAll(ask);
  return ask.do === 'register' ? atRate(ask) : atOnce(ask);
}

async function open({ port, connections, ...all }: Extract<Ask, { do: 'open' }>): Promise<{ seconds: number }> {
  users = all.users;
  const began = performance.now();
  const opening = async () => {
    while (lines.length < connections) lines.push(await connected(port));
  };
  await Promise.all(Array.from({ length: 20 }, opening));
  return { seconds: (performance.now() - began) / 1000 };
}

async function connected(port: number): Promise<Line> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const line = new Line(socket);
  await once(socket, 'secureConnect');
  return line;
}

async function signInAll({ port, count, atOnce: most }: Extract<Ask, { do: 'sign-in-all' }>): Promise<Registered> {
  const began = performance.now();
  const delays: (number | undefined)[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      delays.push(await register(index, await connected(port)));
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  return resultOf(delays, began);
}

/** Begun by the clock, whatever is still unanswered: a server that is too slow shows it as delay. */
async function atRate({ first, count, perSecond }: Extract<Ask, { do: 'register' }>): Promise<Registered> {
  const began = performance.now();
  const under: Promise<number | undefined>[] = [];
  while (under.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * perSecond));
    while (under.length < due) under.push(register((first + under.length) % users));
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  return resultOf(await Promise.all(under), began);
}

async function atOnce({ count, atOnce: most }: Extract<Ask, { do: 'register-all' }>): Promise<Registered> {
  const began = performance.now();
  const delays: (number | undefined)[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) delays.push(await register(next++));
  };
  await Promise.all(Array.from({ length: most }, worker));
  return resultOf(delays, began);
}

function resultOf(delays: readonly (number | undefined)[], began: number): Registered {
  const good = delays.filter(delay => delay !== undefined);
  return { seconds: (performance.now() - began) / 1000, delays: good, failed: delays.length - good.length };
}

let number = 0;

/** REGISTER, 401, REGISTER, 200: how long it took, or undefined when it was not that. */
async function register(index: number, line = lines[index % lines.length]!): Promise<number | undefined> {
  const began = performance.now();
  const id = ++number;
  const challenge = await line.ask(request(index, 2 * id, id));
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1];
  const opaque = /opaque="([^"]+)"/.exec(challenge)?.[1];
  if (!challenge.startsWith('SIP/2.0 401') || nonce === undefined) return undefined;
  const said = await line.ask(request(index, 2 * id + 1, id, authorization(nameOf(index), nonce, opaque!)));
  return said.startsWith('SIP/2.0 200') ? performance.now() - began : undefined;
}

export function nameOf(index: number): string {
  return `user${index}`;
}

function request(index: number, cseq: number, id: number, more = ''): string {
  const name = nameOf(index);
  return `REGISTER sip:${REALM} SIP/2.0\r
Via: SIP/2.0/TLS 192.0.2.10:50000;branch=z9hG4bK${cseq};rport\r
Max-Forwards: 70\r
From: <sip:${name}@${REALM}>;tag=${id}\r
To: <sip:${name}@${REALM}>\r
Call-ID: ${name}-${process.pid}\r
CSeq: ${cseq} REGISTER\r
Contact: <sip:${name}@192.0.2.10:50000;transport=tls>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-${String(index).padStart(12, '0')}>"\r
User-Agent: bench\r
Expires: 3600\r
${more}Content-Length: 0\r
\r
`;
}

function authorization(name: string, nonce: string, opaque: string): string {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const uri = `sip:${REALM}`;
  const ha1 = md5(`${name}:${REALM}:${name}-password`);
  const response = md5(`${ha1}:${nonce}:00000001:0a1b2c3d:auth:${md5(`REGISTER:${uri}`)}`);
  return `Authorization: Digest username="${name}", realm="${REALM}", nonce="${nonce}", uri="${uri}", algorithm=MD5, qop=auth, nc=00000001, cnonce="0a1b2c3d", response="${response}", opaque="${opaque}"\r\n`;
}
