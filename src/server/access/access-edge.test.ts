import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AccessBench, openAccessBench } from '../../../test/testkit/access-bench.ts';
import { digestAnswer } from '../../../test/testkit/sip-bench.ts';
import { type Headers, sipRequest } from '../../../test/testkit/sip-messages.ts';
import { readSipFrame, type SipMessage, SipStreamReader, writeSipMessage } from '../../wire/index.ts';
import { MRAS_NAMESPACE, MRAS_TYPE } from '../../wire/mras/index.ts';
import type { AccessEdge } from './access-edge.ts';

const DOMAIN = 'example.test';
const MRAS = `sip:mras.${DOMAIN}@${DOMAIN};gruu;opaque=srvr:MRAS:edge1`;

let bench: AccessBench;
let edge: AccessEdge;
let ports: { tls: number; wss: number };
let certificate: string;
let refused: string[];

beforeAll(async () => {
  bench = await openAccessBench({
    transports: ['TLS', 'WSS'],
    mrasUri: MRAS,
    messageMillis: 2000,
    origins: ['https://phone.example.test'],
  });
  ({ edge, certificate, refused } = bench);
  ports = { tls: bench.ports[0]!, wss: bench.ports[1]! };
});
afterAll(() => edge.close());

describe('two phones, one over TLS and one over a secure WebSocket', () => {
  test('sign in, call each other, and hang up', async () => {
    const alice = await tlsPhone('alice');
    const bob = await webPhone('bob');
    expect(await alice.signIn()).toBe(200);
    expect(await bob.signIn()).toBe(200);
    alice.send('INVITE', {
      uri: 'sip:bob@example.test',
      headers: { Contact: '<sip:alice@alice.invalid>' },
      body: 'v=0\r\n',
    });
    expect((await alice.next()).status).toBe(100);
    const invite = await bob.next();
    expect(Buffer.from(invite.body).toString()).toBe('v=0\r\n');
    bob.answer(invite, 200);
    const ok = await alice.next();
    expect(ok.status).toBe(200);
    const routes = ok.headers.all('record-route');
    const Route = routes.toReversed();
    alice.send('ACK', {
      uri: 'sip:bob@bob.invalid',
      headers: { Route, To: ok.headers.first('to'), CSeq: '2 ACK', 'Call-ID': invite.callId },
    });
    expect((await bob.next()).method).toBe('ACK');
    bob.send('BYE', {
      uri: 'sip:alice@alice.invalid',
      headers: { Route: routes, From: ok.headers.first('to'), To: ok.headers.first('from'), 'Call-ID': invite.callId },
    });
    const bye = await alice.next();
    expect(bye.method).toBe('BYE');
    alice.answer(bye, 200);
    expect((await bob.next()).status).toBe(200);
    alice.close();
    bob.close();
    await expect.poll(() => edge.counts()).toMatchObject({ flows: 0, bindings: 0, transactions: 0 });
  });

  test('get credentials for the relay', async () => {
    const alice = await tlsPhone('alice');
    await alice.signIn();
    const body = `<request xmlns="${MRAS_NAMESPACE}" requestID="1" version="2.0" from="sip:alice@example.test" to="${MRAS}"><credentialsRequest credentialsRequestID="1"><identity>sip:alice@example.test</identity></credentialsRequest></request>`;
    alice.send('SERVICE', { uri: MRAS, headers: { To: `<${MRAS}>`, 'Content-Type': MRAS_TYPE }, body });
    const said = await alice.next();
    expect(said.status).toBe(200);
    expect(Buffer.from(said.body).toString()).toContain('<hostName>av.example.test</hostName>');
    alice.close();
  });
});

describe('who does not behave', () => {
  test('a stream whose end is lost is closed, after an answer', async () => {
    const socket = await tlsSocket();
    const said: Buffer[] = [];
    socket.on('data', chunk => said.push(chunk));
    socket.write(
      'OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TLS a;branch=z9hG4bK1\r\nContent-Length: 0\r\nl: 5\r\n\r\n',
    );
    await new Promise(resolve => socket.once('close', resolve));
    expect(Buffer.concat(said).toString()).toMatch(/^SIP\/2\.0 400 /);
    expect(refused).toContain('content-length-repeated');
  });

  test('who says nothing, or never finishes, is closed', async () => {
    const silent = await tlsSocket();
    const slow = await tlsSocket();
    const drip = setInterval(() => slow.write('X'), 100);
    await Promise.all([silent, slow].map(socket => new Promise(resolve => socket.once('close', resolve))));
    clearInterval(drip);
  });

  test('who does not speak TLS is closed, and it is said why', async () => {
    const socket = connectTcp(ports.tls, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('REGISTER sip:example.test SIP/2.0\r\n\r\n');
    await new Promise(resolve => socket.once('close', resolve));
    expect(refused.at(-1)).toMatch(/^tls-handshake ERR_SSL_/);
  });

  test('a WebSocket without the subprotocol, or from another page, is refused; plain HTTP too', async () => {
    expect(await webSocketError({ protocols: [] })).toContain('400');
    expect(await webSocketError({ protocols: ['sip'], origin: 'https://evil.test' })).toContain('403');
    expect(await webSocketError({ protocols: ['sip'], origin: 'https://phone.example.test' })).toBe('open');
  });
});

interface Said {
  status?: number;
  method?: string;
}
type Heard = SipMessage & Said;

async function tlsPhone(name: string) {
  const socket = await tlsSocket();
  const reader = new SipStreamReader();
  const phone = phoneFor(
    name,
    bytes => socket.write(bytes),
    () => socket.destroy(),
  );
  socket.on('data', chunk => {
    for (const one of reader.push(chunk)) phone.hear(one as Heard);
  });
  return phone;
}

async function webPhone(name: string) {
  const socket = new WebSocket(`wss://127.0.0.1:${ports.wss}`, ['sip'], {
    ca: certificate,
    rejectUnauthorized: false,
  });
  const phone = phoneFor(
    name,
    bytes => socket.send(bytes),
    () => socket.terminate(),
  );
  socket.on('message', data => phone.hear(readSipFrame(data as Buffer) as Heard));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return phone;
}

function phoneFor(name: string, write: (bytes: Uint8Array) => void, close: () => void) {
  const heard: Heard[] = [];
  const waiting: ((message: Heard) => void)[] = [];
  let number = 0;
  const own = (method: string): Headers => ({
    Via: `SIP/2.0/TLS ${name}.invalid;branch=z9hG4bK${name}${++number}`,
    From: `<sip:${name}@${DOMAIN}>;tag=${name}`,
    CSeq: `${number} ${method}`,
    'Call-ID': `${name}-call`,
  });
  const phone = {
    close,
    hear(message: Heard) {
      const next = waiting.shift();
      if (next === undefined) heard.push(message);
      else next(message);
    },
    next: () => new Promise<Heard>(resolve => (heard.length > 0 ? resolve(heard.shift()!) : waiting.push(resolve))),
    send(method: string, { uri, headers = {}, body = '' }: { uri: string; headers?: Headers; body?: string }) {
      write(writeSipMessage(sipRequest(method, { uri, headers: { ...own(method), ...headers }, body })));
    },
    answer(request: SipMessage, status: number) {
      const headers = request.headers.copy();
      for (const key of ['max-forwards', 'contact', 'route']) headers.remove(key);
      if (!request.to.params.has('tag')) headers.set('To', `${request.headers.first('to')};tag=${name}`);
      write(writeSipMessage({ kind: 'response', status, reason: 'Said', headers, body: new Uint8Array(0) }));
    },
    async signIn(): Promise<number | undefined> {
      const headers: Headers = {
        To: `<sip:${name}@${DOMAIN}>`,
        Contact: `<sip:${name}@${name}.invalid>`,
        'Call-ID': `${name}-reg`,
      };
      phone.send('REGISTER', { uri: `sip:${DOMAIN}`, headers });
      const challenge = (await phone.next()).headers.first('www-authenticate')!;
      const Authorization = digestAnswer(challenge, {
        username: name,
        password: `${name}-password`,
        method: 'REGISTER',
        uri: `sip:${DOMAIN}`,
      });
      phone.send('REGISTER', { uri: `sip:${DOMAIN}`, headers: { ...headers, Authorization } });
      return (await phone.next()).status;
    },
  };
  return phone;
}

function tlsSocket(): Promise<TLSSocket> {
  const socket = connect({ port: ports.tls, host: '127.0.0.1', servername: 'edge.example.test', ca: certificate });
  socket.on('error', () => {});
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket));
    socket.once('close', () => reject(new Error('no TLS')));
  });
}

function webSocketError({ protocols, origin }: { protocols: string[]; origin?: string }): Promise<string> {
  const more = origin === undefined ? {} : { origin };
  const socket = new WebSocket(`wss://127.0.0.1:${ports.wss}`, protocols, {
    ca: certificate,
    rejectUnauthorized: false,
    ...more,
  });
  return new Promise(resolve => {
    socket.once('open', () => {
      socket.terminate();
      resolve('open');
    });
    socket.once('error', error => resolve(error.message));
  });
}
