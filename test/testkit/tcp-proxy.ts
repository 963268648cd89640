import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** Stands between a client and the edge: keeps what the edge sent, as it was on the wire, and can hand over single bytes. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  /** Everything the edge sent through it. */
  readonly fromEdge: Buffer[] = [];
  /** And everything for it, when it is handed over whole. */
  readonly fromClient: Buffer[] = [];
  #upstream: Socket | undefined;

  static async before(port: number, splitting: 'whole' | 'single bytes' = 'whole'): Promise<TcpProxy> {
    const proxy = new TcpProxy(port, splitting);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(port: number, splitting: 'whole' | 'single bytes') {
    this.#server = createServer({ noDelay: true }, client => {
      const edge = connect({ host: '127.0.0.1', port, noDelay: true });
      this.#sockets.push(client, edge);
      this.#upstream = edge;
      for (const socket of [client, edge]) socket.on('error', () => {});
      edge.on('data', chunk => {
        this.fromEdge.push(chunk);
        client.write(chunk);
      });
      edge.on('close', () => client.destroy());
      client.on('close', () => edge.destroy());
      if (splitting === 'whole') client.on('data', chunk => this.fromClient.push(chunk)).pipe(edge);
      else void inSingleBytes(client, edge);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops reading from the edge, so that its socket fills up. */
  stall(): void {
    this.#upstream?.pause();
  }

  flow(): void {
    this.#upstream?.resume();
  }

  /** Ends every connection that stands; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  /** The TLS records the edge has sent so far: content type and length of each (RFC 8446 §5.1). */
  records(): { readonly type: number; readonly length: number }[] {
    const all = Buffer.concat(this.fromEdge);
    const found: { type: number; length: number }[] = [];
    for (let at = 0; at + 5 <= all.length; at += 5 + all.readUInt16BE(at + 3)) {
      found.push({ type: all[at]!, length: all.readUInt16BE(at + 3) });
    }
    return found;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function inSingleBytes(from: Socket, to: Socket): Promise<void> {
  const arrived: number[] = [];
  from.on('data', (chunk: Buffer) => arrived.push(...chunk));
  while (!from.closed) {
    const byte = arrived.shift();
    if (byte !== undefined) to.write(Uint8Array.of(byte));
    await setImmediate();
  }
}
