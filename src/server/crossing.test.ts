import { createHmac, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../test/testkit/stream-bytes.ts';
import type { Refusal } from '../turn/index.ts';
import type { LinkId } from '../wire/index.ts';
import { Crossing } from './crossing.ts';

const LINK = 3 as LinkId;

let secret: Uint8Array;
let asked: [number, string][];
let joined: Duplex[];
let answer: LinkId | Refusal;
let owner: Crossing;
let other: Crossing;
const sockets: Socket[] = [];

beforeEach(async () => {
  [secret, asked, joined, answer] = [randomBytes(32), [], [], LINK];
  const events = {
    onAsked: (connection: number, user: string) => {
      asked.push([connection, user]);
      return answer;
    },
    onJoined: (_: LinkId, stream: Duplex) => void joined.push(stream),
  };
  [owner, other] = [new Crossing(secret, 0, events), new Crossing(secret, 1, events)];
  await Promise.all([owner.listen(), other.listen()]);
});

afterEach(() => {
  for (const socket of [...sockets.splice(0), ...joined]) socket.destroy();
  owner.close();
  other.close();
});

/** Somebody of the same machine who knows the name. */
function stranger(): Socket {
  const name = createHmac('sha256', secret).update('crossing 0').digest('base64url');
  const socket = connect({ path: `\0sallyport-${name}` }).on('error', () => {});
  sockets.push(socket);
  socket.resume();
  return socket;
}

test('a worker asks another for a connection, and what it is given is the way to the peer', async () => {
  const stream = await other.ask(0, 0xfffffffe, 'Zoë "x" \0');
  if (typeof stream === 'string') throw new Error(stream);
  expect(asked).toEqual([[0xfffffffe, 'Zoë "x" \0']]);
  await until(() => joined.length === 1);
  stream.end('to the peer');
  joined[0]!.end('from the peer');
  const said = async (end: Duplex) => (await end.setEncoding('latin1').toArray()).join('');
  expect(await Promise.all([said(joined[0]!), said(stream)])).toEqual(['to the peer', 'from the peer']);
});

test('a refusal comes back as it was said', async () => {
  answer = 'wrong-credentials';
  expect(await other.ask(0, 1, 'alice')).toBe('wrong-credentials');
  expect(joined).toEqual([]);
});

test('a worker that is not there, or of another supervisor, knows no connection', async () => {
  expect(await other.ask(2, 1, 'alice')).toBe('connection-unknown');
  const foreign = new Crossing(randomBytes(32), 0, { onAsked: () => LINK, onJoined: () => {} });
  expect(await foreign.ask(0, 1, 'alice')).toBe('connection-unknown');
  expect(asked).toEqual([]);
});

test.each([
  ['the wrong key', () => `${'A'.repeat(43)} 1 YWxpY2U\n`],
  ['no key', () => '\n'],
  ['a line without an end', () => 'x'.repeat(2_000)],
])('who comes with %s is closed and asks nothing', async (_, word) => {
  const socket = stranger();
  socket.write(word());
  await until(() => socket.destroyed);
  expect(asked).toEqual([]);
});

test('strangers who say nothing take no more than sixty-four places', async () => {
  const silent = Array.from({ length: 65 }, stranger);
  await until(() => silent.filter(socket => socket.destroyed).length === 1);
});
