import { afterEach, expect, test } from 'vitest';
import {
  Arena,
  boundTo,
  IOVEC,
  loadNative,
  MMSGHDR,
  type Native,
  openUdp,
  receiveRuns,
  SOCKADDR,
} from '../native/index.ts';
import { parseIp, withPort } from '../wire/index.ts';
import { NativeDatagrams } from './native-datagrams.ts';

const native = loadNative() as Native;
const { libc } = native;
const LOOPBACK = withPort(parseIp('127.0.0.1')!, 0);
const TRAIN = [1_200, 1_200, 1_200, 700];
const open: NativeDatagrams[] = [];

afterEach(() => {
  for (const datagrams of open.splice(0)) datagrams.closeAll();
});

test.each([
  [true, [4_300]],
  [false, TRAIN],
])('a train leaves as one message when runs are asked for (%s)', async (usesRuns, messages) => {
  const receiver = new Receiver();
  const sender = datagrams(usesRuns);
  const socket = sender.open({ at: LOOPBACK, owner: 0, sink: { onDatagram: () => {} }, want: 1 });
  train(sender, socket, sender.destination(receiver.at));
  expect(receiver.lengths()).toEqual(messages);
  expect(sender.refused).toBe(0);
  receiver.close();
});

test('what is longer than the one before it begins another message', async () => {
  const receiver = new Receiver();
  const sender = datagrams(true);
  const socket = sender.open({ at: LOOPBACK, owner: 0, sink: { onDatagram: () => {} }, want: 1 });
  train(sender, socket, sender.destination(receiver.at), [300, 200, 400, 400]);
  expect(receiver.lengths()).toEqual([500, 800]);
  receiver.close();
});

test('a run comes apart where it arrives, and goes back from an echo as the run it was', async () => {
  const far = datagrams(true);
  const echo = far.open({ at: LOOPBACK, owner: 0, sink: 'echo', want: 8 });
  const near = datagrams(true);
  const lengths: number[] = [];
  const all = Promise.withResolvers<void>();
  const onDatagram = (_owner: number, bytes: Uint8Array, start: number, end: number) => {
    expect(bytes[start]).toBe(lengths.length);
    if (lengths.push(end - start) === TRAIN.length) all.resolve();
  };
  const socket = near.open({ at: LOOPBACK, owner: 0, sink: { onDatagram }, want: 8 });
  train(near, socket, near.destination(await far.boundTo(echo)));
  await all.promise;
  expect(lengths).toEqual(TRAIN);
  expect([far.echoed, far.refused]).toEqual([TRAIN.length, 0]);
});

function datagrams(usesRuns: boolean): NativeDatagrams {
  const one = new NativeDatagrams(native, 1, () => performance.now(), usesRuns);
  open.push(one);
  return one;
}

/** Each datagram begins with its number. */
function train(sender: NativeDatagrams, socket: number, destination: number, lengths = TRAIN): void {
  for (const [i, length] of lengths.entries()) {
    sender.bytes[sender.reserve()] = i;
    sender.commit(socket, destination, length);
  }
  sender.flush();
}

/** A socket that shows what the kernel has in one piece. */
class Receiver {
  readonly #fd = openUdp(libc, LOOPBACK, { family: 4, reusePort: false });
  readonly at = withPort(LOOPBACK, boundTo(libc, this.#fd).port);

  constructor() {
    expect(receiveRuns(libc, this.#fd)).toBe(true);
  }

  lengths(): number[] {
    const most = 8;
    const arena = new Arena(native, most * (MMSGHDR.size + IOVEC.size + SOCKADDR.place + 8_192));
    const vectors = most * MMSGHDR.size;
    for (let i = 0; i < most; i++) {
      const vector = vectors + i * IOVEC.size;
      arena.setPointer(i * MMSGHDR.size + MMSGHDR.iov, vector);
      arena.words[(i * MMSGHDR.size + MMSGHDR.iovLength) / 4] = 1;
      arena.setPointer(vector + IOVEC.base, vectors + most * IOVEC.size + i * 8_192);
      arena.words[(vector + IOVEC.length) / 4] = 8_192;
    }
    const got = libc.recvmmsg(this.#fd, arena.address, most, 0x40, 0); // MSG_DONTWAIT
    return Array.from({ length: got }, (_, i) => arena.words[(i * MMSGHDR.size + MMSGHDR.length) / 4]!);
  }

  close(): void {
    libc.close(this.#fd);
  }
}
