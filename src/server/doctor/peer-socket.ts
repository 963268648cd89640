import { randomBytes, randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { PortSpan } from '../../topology/doctor/index.ts';
import { formatIp, type IpAddress, MessageView, parseIp, type TransportAddress, withPort } from '../../wire/index.ts';
import { boundSocket } from '../turn-client.ts';
import { bindingRequest, type Mapped, mappedIn } from './asker.ts';

const BINDING_WAITS_MILLIS = [300, 600, 1_200];
/** Tags are this long and stand first in every datagram of ours. */
export const TAG_LENGTH = 16;

/** A peer of our own: it says where each datagram came from, known by the tag in it. */
export class PeerSocket {
  readonly local: TransportAddress;
  readonly #socket: Socket;
  readonly #expected = new Map<string, (from: TransportAddress) => void>();

  /** On any free port of those; throws when there is none. */
  static async open(ip: IpAddress, ports?: PortSpan): Promise<PeerSocket> {
    return new PeerSocket(await socketWithin(ip, ports), ip);
  }

  private constructor(socket: Socket, ip: IpAddress) {
    this.#socket = socket;
    this.local = withPort(ip, socket.address().port);
    socket.on('message', (bytes, { address, port }) => this.#onMessage(bytes, address, port));
  }

  send(to: TransportAddress, bytes: Uint8Array): void {
    this.#socket.send(bytes, to.port, formatIp(to), () => {});
  }

  /** Who the datagram with this tag came from; undefined when none comes in time. */
  expect(tag: Uint8Array, millis: number): Promise<TransportAddress | undefined> {
    const key = keyOf(tag);
    return new Promise(resolve => {
      const settle = (from: TransportAddress | undefined) => {
        clearTimeout(timer);
        this.#expected.delete(key);
        resolve(from);
      };
      const timer = setTimeout(() => settle(undefined), millis);
      this.#expected.set(key, settle);
    });
  }

  /** What a STUN server says this socket's address is. */
  async binding(server: TransportAddress): Promise<Mapped | undefined> {
    for (const wait of BINDING_WAITS_MILLIS) {
      const id = randomBytes(12);
      let found: Mapped | undefined;
      const answered = this.#answerTo(id, wait, view => (found = mappedIn(view)));
      this.send(server, bindingRequest(id));
      if (await answered) return found;
    }
    return undefined;
  }

  /** Whether an answer that `asker` asks for arrives here, and whom it comes from: the server sends to this port first. */
  async answeredFor(asker: PeerSocket, server: TransportAddress): Promise<TransportAddress | undefined> {
    for (const wait of BINDING_WAITS_MILLIS) {
      const id = randomBytes(12);
      let from: TransportAddress | undefined;
      const answered = this.#answerTo(id, wait, (_, sender) => (from = sender));
      asker.send(server, bindingRequest(id, this.local.port));
      if (await answered) return from;
    }
    return undefined;
  }

  close(): void {
    this.#socket.close();
  }

  #answerTo(
    id: Uint8Array,
    millis: number,
    read: (view: MessageView, from: TransportAddress | undefined) => void,
  ): Promise<boolean> {
    return new Promise(resolve => {
      const onMessage = (bytes: Uint8Array, { address, port }: { address: string; port: number }) => {
        const view = new MessageView();
        if (view.read(bytes, 0, bytes.length) !== 'ok' || Buffer.compare(view.transactionId, id) !== 0) return;
        read(view, addressOf(address, port));
        settle(true);
      };
      const settle = (isAnswered: boolean) => {
        clearTimeout(timer);
        this.#socket.off('message', onMessage);
        resolve(isAnswered);
      };
      const timer = setTimeout(() => settle(false), millis);
      this.#socket.on('message', onMessage);
    });
  }

  #onMessage(bytes: Buffer, address: string, port: number): void {
    const from = addressOf(address, port);
    if (bytes.length >= TAG_LENGTH && from !== undefined) this.#expected.get(keyOf(bytes))?.(from);
  }
}

/** As Node names it, perhaps with a zone. */
function addressOf(address: string, port: number): TransportAddress | undefined {
  const ip = parseIp(address.replace(/%.*$/, ''));
  return ip && withPort(ip, port);
}

const DRAWS = 20;

async function socketWithin(ip: IpAddress, ports: PortSpan | undefined): Promise<Socket> {
  if (ports === undefined) return boundSocket(ip);
  for (let left = DRAWS; ; left--) {
    try {
      return await boundSocket(ip, randomInt(ports.first, ports.last + 1));
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

export function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, TAG_LENGTH).toString('latin1');
}
