import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A TCP connection that has been accepted by the kernel. */
export async function openTcp(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  socket.on('error', () => {}); // shows as a close
  await once(socket, 'connect');
  return socket;
}

/** A TLS connection whose handshake is over; rejects when there is none. Certificates of tests are trusted by nobody. */
export async function openTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}

/** Resolves when the other side has closed; rejects when it takes too long. Says how long it took. */
export async function closing(socket: Socket, withinMillis = 5_000): Promise<number> {
  const since = performance.now();
  socket.resume();
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(withinMillis) });
  return performance.now() - since;
}

/** Everything that arrives, until `enough` says so. */
export async function readUntil(
  socket: Socket,
  enough: (all: Buffer) => boolean,
  withinMillis = 5_000,
): Promise<Buffer> {
  let all: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer) => (all = Buffer.concat([all, chunk]));
  socket.on('data', take);
  try {
    await until(
      () => enough(all),
      withinMillis,
      () => `${all.length} bytes came: ${all.toString('hex').slice(0, 200)}`,
    );
    return all;
  } finally {
    socket.off('data', take);
  }
}

/** Waits until something holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMillis = 5_000,
  what: () => string = () => holds.toString(),
): Promise<void> {
  for (const deadline = performance.now() + withinMillis; !(await holds()); await pause(5)) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMillis} ms: ${what()}`);
  }
}

export function pause(millis: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, millis));
}

/** Bytes that buffers hold once garbage has been collected. */
export async function bufferMemory(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    await pause(20);
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}
