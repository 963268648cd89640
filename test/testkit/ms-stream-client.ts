import type { Socket } from 'node:net';
import {
  FrameReader,
  LONGEST_MS_FRAME,
  MS_ATTRIBUTES,
  MS_FRAME_HEADER,
  MS_FRAMES,
  MS_TYPES,
  PSEUDO_TLS_ANSWER_LENGTH,
  type TransportAddress,
} from '../../src/wire/index.ts';
import { fromHex } from '../vectors/ms-turn.ts';
import { MsReply, MsTalker } from './ms-talker.ts';
import { openTcp, openTls, readUntil, until } from './stream-bytes.ts';
import { endpoint } from './turn-client.ts';

export type StreamKind = 'plain' | 'pseudo-TLS' | 'TLS';

const A = MS_ATTRIBUTES;
const PSEUDO_HELLO = fromHex(`160301002d010000290301${'5a'.repeat(32)}00000200180100`);

/** What a peer said, as the client was told it: wrapped, with its address, or bare. */
export interface MsHeard {
  readonly from: string | undefined;
  readonly frame: string;
}

/** A client of the Microsoft dialect on a stream, with all it has heard. */
export class MsStreamClient {
  readonly socket: Socket;
  readonly talker: MsTalker;
  readonly replies: MsReply[] = [];
  readonly heard: MsHeard[] = [];

  static async open(
    kind: StreamKind,
    port: number,
    user = 'alice',
    password = 'wonderland',
    host = '127.0.0.1',
  ): Promise<MsStreamClient> {
    const socket = await (kind === 'TLS' ? openTls(port, { host }) : openTcp(port, host));
    if (kind === 'pseudo-TLS') {
      socket.write(PSEUDO_HELLO);
      await readUntil(socket, all => all.length >= PSEUDO_TLS_ANSWER_LENGTH);
    }
    return new MsStreamClient(socket, new MsTalker(user, password));
  }

  private constructor(socket: Socket, talker: MsTalker) {
    this.socket = socket;
    this.talker = talker;
    const reader = new FrameReader(LONGEST_MS_FRAME, MS_FRAMES);
    socket.on('data', chunk => reader.push(chunk, (b, start, end) => this.#onFrame(b.slice(start, end))));
  }

  say(message: Uint8Array): void {
    this.#write(2, message);
  }

  bare(frame: Uint8Array): void {
    this.#write(3, frame);
  }

  async ask(message: Uint8Array): Promise<MsReply> {
    const before = this.replies.length;
    this.say(message);
    await until(() => this.replies.length > before);
    return this.replies[before]!;
  }

  /** The relayed address of a new allocation. */
  async allocated(): Promise<TransportAddress> {
    this.talker.learn(await this.ask(this.talker.allocate()));
    const text = this.talker.learn(await this.ask(this.talker.allocate())).address(A.MappedAddress);
    if (text === undefined) throw new Error(`Allocate: ${this.replies.at(-1)?.code}`);
    return endpoint(text);
  }

  /** In a Send, the packet's length in front. */
  send(to: TransportAddress, packet: string): void {
    this.say(this.talker.send(to, packetOf(packet)));
  }

  #onFrame(frame: Uint8Array): void {
    const payload = frame.subarray(MS_FRAME_HEADER);
    if (frame[0] === 3) {
      this.heard.push({ from: undefined, frame: Buffer.from(payload).toString('latin1') });
      return;
    }
    const reply = new MsReply(payload);
    if (reply.type !== MS_TYPES.DataIndication) {
      this.replies.push(reply);
      return;
    }
    const data = Buffer.from(reply.value(A.Data)!).toString('latin1');
    this.heard.push({ from: reply.address(A.RemoteAddress), frame: data });
  }

  #write(type: number, payload: Uint8Array): void {
    this.socket.write(Buffer.concat([Buffer.of(type, 0, payload.length >> 8, payload.length & 255), payload]));
  }
}

/** A packet as it travels on a stream (RFC 4571 §2). */
export function packetOf(text: string): Buffer {
  const packet = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.of(packet.length >> 8, packet.length & 255), packet]);
}
