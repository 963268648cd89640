import { type ChildProcess, fork } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ATTRIBUTES, CLASSES, METHODS, MessageWriter, PROTOCOL_UDP } from '../../src/wire/index.ts';
import { requires } from '../testkit/requires.ts';

const EDGE = fileURLToPath(new URL('./edge-process.ts', import.meta.url));
const LINUX = {
  name: 'Linux (/proc tells the resident memory of a process)',
  isMet: () => process.platform === 'linux',
};

const REQUESTS = 1_000_000;
const PER_SOURCE = 20;
/** Enough for the heap to have grown to what such a load needs; whatever is left behind per stranger then grows on. */
const WARM_UP = 600_000;
const MB = 1024 * 1024;

/** The budgets are opened wide, so that every request is answered: what is remembered when nothing is held back? */
const CONFIG = {
  external: { address: '127.0.0.1', udp: 0, tcp: [] },
  credentials: { users: { alice: 'wonderland' } },
  limits: { answersPerSecond: 1_000_000, answersBurst: 1_000_000 },
};

test('a million unauthenticated requests from fifty thousand sources leave nothing behind in memory', async context => {
  requires(context, LINUX);
  const edge = fork(EDGE, [JSON.stringify(CONFIG)], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  });
  try {
    const { port } = (await answerOf(edge)) as { port: number };
    await flood(port, WARM_UP);
    const before = await restingMemory(edge);
    const answered = await flood(port, REQUESTS);
    const after = await restingMemory(edge);
    console.info(`resident ${megabytes(before)} before, ${megabytes(after)} after, ${answered} answered`);
    expect(answered).toBeGreaterThan(REQUESTS / 2); // it was at work, not deaf
    expect(after - before).toBeLessThan(5 * MB);
  } finally {
    edge.disconnect();
    await once(edge, 'exit');
  }
}, 400_000);

/** Requests of three kinds, each source address and port used for a few and then never again. Returns how many were answered. */
async function flood(port: number, requests: number): Promise<number> {
  let answered = 0;
  const worker = async (index: number) => {
    for (let sent = 0; sent < requests / WORKERS; sent += PER_SOURCE) {
      const more = await burst(port, `127.${1 + index}.${(sent / PER_SOURCE) & 255}.1`);
      answered += more;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, index) => worker(index)));
  return answered;
}
const WORKERS = 16;

function burst(port: number, from: string): Promise<number> {
  const socket = createSocket('udp4');
  let answered = 0;
  return new Promise((resolve, reject) => {
    const done = () => socket.close(() => resolve(answered));
    const patience = setTimeout(done, 250); // a full socket buffer loses some: no reason to wait for ever
    socket.on('error', reject);
    socket.on('message', () => {
      if (++answered < PER_SOURCE) return;
      clearTimeout(patience);
      done();
    });
    socket.bind(0, from, () => sendAll(socket, port));
  });
}

function sendAll(socket: Socket, port: number): void {
  for (let i = 0; i < PER_SOURCE; i++) socket.send(KINDS[i % KINDS.length]!, port, '127.0.0.1');
}

const message = (method: number) =>
  new MessageWriter(new Uint8Array(256), 0, method, CLASSES.request, new Uint8Array(12));
const transport = (w: MessageWriter) => w.raw(ATTRIBUTES.RequestedTransport, [PROTOCOL_UDP, 0, 0, 0]);
const KINDS = [
  message(METHODS.Binding).message,
  transport(message(METHODS.Allocate)).message,
  transport(message(METHODS.Allocate))
    .text(ATTRIBUTES.Username, 'alice')
    .text(ATTRIBUTES.Realm, 'sallyport')
    .text(ATTRIBUTES.Nonce, 'AAAAAAAA')
    .integrity(Buffer.from('a wrong key')).message,
];

/** Resident memory once the garbage has been collected. */
async function restingMemory(edge: ChildProcess): Promise<number> {
  edge.send('memory');
  return ((await answerOf(edge)) as { resident: number }).resident;
}

async function answerOf(edge: ChildProcess): Promise<unknown> {
  const [message] = await once(edge, 'message');
  return message;
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}
