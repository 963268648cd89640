import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { formatAddress } from '../../../src/wire/index.ts';
import { endpoint, overTcp, overTls, overUdp, type TestPath, TurnTestClient } from '../../testkit/turn-client.ts';
import type { Ask } from './host.ts';

/*
 * Run by host.ts in a network namespace: a machine that does as it is told. Each message is a question with a number; so is its answer.
 */
const clients = new Map<string, TurnTestClient>();
const sockets = new Map<string, { socket: Socket; heard: string[] }>();

process.on('message', ({ id, ask }: { id: number; ask: Ask }) => {
  answer(ask).then(
    value => process.send!({ id, value }),
    (error: unknown) => process.send!({ id, error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
process.send!({ ready: true });

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.do) {
    case 'allocate':
      return allocate(ask);
    case 'bind':
      return summaryOf((await client(ask.name).bind(ask.channel, endpoint(ask.peer))).isSuccess);
    case 'say':
      return client(ask.name).sendOn(ask.channel, Buffer.from(ask.text));
    case 'heard':
      return client(ask.name)
        .arrived.splice(0)
        .map(({ payload }) => Buffer.from(payload).toString());
    case 'leave':
      await client(ask.name).close();
      return clients.delete(ask.name);
    case 'open':
      return open(ask.name, ask.port);
    case 'send':
      return send(ask.name, ask.to, ask.text);
    case 'listened':
      return sockets.get(ask.name)!.heard.splice(0);
    case 'datagrams':
      return datagrams(ask.to, ask.fromPort, ask.ports);
    case 'connections':
      return connections(ask.to, ask.fromPort, ask.ports);
    case 'serve':
      return serve(ask.ports);
  }
}

function client(name: string): TurnTestClient {
  const found = clients.get(name);
  if (found === undefined) throw new Error(`there is no client ${name}`);
  return found;
}

function summaryOf(isSuccess: boolean): string {
  return isSuccess ? 'success' : 'refused';
}

async function allocate({ name, server, port, over }: Extract<Ask, { do: 'allocate' }>): Promise<string> {
  const made = new TurnTestClient(await within(pathOver(over, port, server)));
  clients.set(name, made);
  return formatAddress(await within(made.relayed()));
}

function pathOver(over: 'udp' | 'tcp' | 'tls', port: number, server: string): Promise<TestPath> {
  if (over === 'udp') return overUdp(port, server, '0.0.0.0');
  return over === 'tcp' ? overTcp(port, server, '0.0.0.0') : overTls(port, server);
}

/** What a firewall drops is never answered: patience ends soon, since all hosts are on one machine. */
async function within<T>(promise: Promise<T>): Promise<T> {
  const silence = pause(1_500).then(() => {
    throw new Error('no answer');
  });
  return Promise.race([promise, silence]);
}

async function open(name: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (bytes, { address, port: from }) => heard.push(`${address}:${from} ${bytes.toString()}`));
  socket.bind(port);
  await once(socket, 'listening');
  sockets.set(name, { socket, heard });
}

function send(name: string, to: string, text: string): void {
  const { port } = endpoint(to);
  sockets.get(name)!.socket.send(text, port, to.slice(0, to.lastIndexOf(':')));
}

/** One datagram to each port, from one port. */
async function datagrams(to: string, fromPort: number, ports: readonly number[]): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(fromPort);
  await once(socket, 'listening');
  for (const [i, port] of ports.entries()) {
    socket.send('probe', port, to, () => {}); // refused by our own firewall: an error, which is what is tested
    if (i % 200 === 199) await pause(2);
  }
  await pause(20);
  await new Promise<void>(resolve => socket.close(resolve));
}

/** One attempt to connect to each port, from one port or any: who answers is not of interest. */
async function connections(to: string, fromPort: number, ports: readonly number[]): Promise<void> {
  await Promise.all(
    ports.map(async port => {
      const socket = connect({ host: to, port, ...(fromPort > 0 && { localPort: fromPort }) });
      socket.on('error', () => {});
      await pause(150);
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy(); // nothing of it lingers, so that the same ports can be used again
    }),
  );
}

async function serve(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer(socket => socket.on('error', () => {}).end());
    server.listen(port);
    await once(server, 'listening');
  }
}
