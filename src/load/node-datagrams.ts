import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { familyOf, formatIp, parseIp, type TransportAddress, withPort } from '../wire/index.ts';
import { type DatagramSocketOptions, type Datagrams, LONGEST_MESSAGE } from './datagrams.ts';
import { ticksOf } from './stamp.ts';

/** The same on sockets of node's own, where the native layer does not load: a system call and several objects per datagram. */
export class NodeDatagrams implements Datagrams {
  readonly name = 'node:dgram';
  readonly bytes = new Uint8Array(LONGEST_MESSAGE);
  echoed = 0;
  refused = 0;
  readonly #now: () => number;
  readonly #sockets: (Socket | undefined)[] = [];
  readonly #ready: (Promise<unknown> | undefined)[] = [];
  readonly #destinations: { ip: string; port: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  open({ at, owner, sink }: DatagramSocketOptions): number {
    const socket = createSocket(familyOf(at) === 4 ? 'udp4' : 'udp6');
    socket.on('error', () => {
      this.refused++;
    });
    socket.on('message', (message, { address, port }) => {
      if (sink !== 'echo') {
        sink.onDatagram(owner, message, 0, message.length, ticksOf(this.#now()));
        return;
      }
      this.echoed++;
      socket.send(message, port, address);
    });
    const number = this.#sockets.push(socket) - 1;
    this.#ready[number] = once(socket, 'listening');
    this.#ready[number].catch(() => {});
    socket.bind(at.port, formatIp(at));
    return number;
  }

  close(socket: number): void {
    this.#sockets[socket]?.close();
    this.#sockets[socket] = undefined;
  }

  async boundTo(socket: number): Promise<TransportAddress> {
    await this.#ready[socket];
    const { address, port } = this.#sockets[socket]!.address();
    return withPort(parseIp(address)!, port);
  }

  destination(address: TransportAddress): number {
    return this.#destinations.push({ ip: formatIp(address), port: address.port }) - 1;
  }

  reserve(): number {
    return 0;
  }

  commit(socket: number, destination: number, length: number): void {
    const { ip, port } = this.#destinations[destination]!;
    this.#sockets[socket]?.send(this.bytes.slice(0, length), port, ip); // node reads it later
  }

  flush(): void {}

  closeAll(): void {
    for (let socket = 0; socket < this.#sockets.length; socket++) this.close(socket);
  }
}
