import {
  ATTRIBUTES,
  LONGEST_MS_FRAME,
  MessageView,
  MS_ATTRIBUTES,
  MS_FRAME_HEADER,
  MsMessageView,
  mayBePseudoTlsHello,
  PSEUDO_TLS_ANSWER_LENGTH,
  PSEUDO_TLS_HELLO_LENGTH,
} from '../../src/wire/index.ts';
import type { Packet } from '../lab/network/capture.ts';
import { SrtpReader } from '../testkit/srtp.ts';

/** What one packet between a client and its relay carries for or from a peer. */
export interface Relayed {
  readonly toEdge: boolean;
  readonly bytes: Uint8Array;
}

const ms = new MsMessageView();
const standard = new MessageView();

/**
 * Everything that crosses the relay but ICE checks between the two ends, taken out of messages, channels and frames of either dialect;
 * of streams those of the Microsoft dialect. Requests to the relay itself are none of it.
 */
export function relayedIn(packets: readonly Packet[], edge: string, ports: readonly number[]): Relayed[] {
  const ofRelay = packets.filter(({ source, destination, sourcePort, destinationPort }) =>
    source === edge ? ports.includes(sourcePort) : destination === edge && ports.includes(destinationPort),
  );
  const streams = Map.groupBy(
    ofRelay.filter(({ protocol }) => protocol === 'tcp'),
    ({ source, sourcePort, destinationPort }) => `${source} ${sourcePort} ${destinationPort}`,
  );
  return [
    ...ofRelay
      .filter(({ protocol }) => protocol === 'udp')
      .flatMap(({ source, payload }) => carriedBy([payload]).map(bytes => ({ toEdge: source !== edge, bytes }))),
    ...[...streams.values()].flatMap(segments =>
      carriedBy(framesOf(inOrder(segments))).map(bytes => ({ toEdge: segments[0]!.source !== edge, bytes })),
    ),
  ];
}

/** What is in a message stands in its Data, what is on a channel behind its header; in the Microsoft dialect all else is bare. */
function carriedBy(units: readonly Uint8Array[]): Uint8Array[] {
  const bare: Uint8Array[] = [];
  const wrapped: Uint8Array[] = [];
  for (const bytes of units) {
    if (ms.read(bytes, 0, bytes.length) === 'ok') wrapped.push(...dataOf(ms, MS_ATTRIBUTES.Data));
    else if (standard.read(bytes, 0, bytes.length) === 'ok') wrapped.push(...dataOf(standard, ATTRIBUTES.Data));
    else if (isChannel(bytes)) wrapped.push(bytes.subarray(4, 4 + ((bytes[2]! << 8) | bytes[3]!)));
    else bare.push(bytes);
  }
  return [...wrapped.flatMap(data => unframed([data])), ...unframed(bare)];
}

function dataOf(view: MsMessageView | MessageView, type: number): Uint8Array[] {
  const at = view.find(type);
  return at < 0 ? [] : [view.valueAt(at).slice()];
}

function isChannel([first = 0]: Uint8Array): boolean {
  return first >= 0x40 && first <= 0x4f;
}

function unframed(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  return isFramed(parts[0]) ? packetsOf(Buffer.concat(parts)) : parts;
}

/** Where both relays are of TCP the peers frame their packets themselves: `| length 16 | packet |` (RFC 4571 §2). */
function isFramed(first: Uint8Array | undefined): boolean {
  if (first === undefined || first.length < 2) return false;
  const length = (first[0]! << 8) | first[1]!;
  return kindOf(first) !== 'ice' && length + 2 <= first.length && kindOf(first.subarray(2)) !== 'other';
}

function packetsOf(stream: Buffer): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 2 <= stream.length; ) {
    const end = at + 2 + stream.readUInt16BE(at);
    if (end <= stream.length) packets.push(stream.subarray(at + 2, end));
    at = end;
  }
  return packets;
}

/** One direction of a connection, each byte once. */
function inOrder(segments: readonly Packet[]): Buffer {
  const filled = segments.filter(({ payload }) => payload.length > 0).toSorted((a, b) => (a.sequence - b.sequence) | 0);
  let next = filled[0]?.sequence ?? 0;
  const parts: Uint8Array[] = [];
  for (const { sequence, payload } of filled) {
    const repeated = (next - sequence) | 0;
    if (repeated < 0) throw new Error('a segment was not captured');
    parts.push(payload.subarray(repeated));
    if (repeated < payload.length) next = (sequence + payload.length) >>> 0;
  }
  return Buffer.concat(parts);
}

/** libnice opens a connection too many each time, with an Allocate whose frame has lost its length: the edge closes it. */
const GARBLED = 0x0300_0003;

/** Frames behind the exchange that looks like TLS. */
function framesOf(stream: Buffer): Uint8Array[] {
  const isHello = mayBePseudoTlsHello(stream, stream.length);
  const frames: Uint8Array[] = [];
  let at = stream[0] !== 0x16 ? 0 : isHello ? PSEUDO_TLS_HELLO_LENGTH : PSEUDO_TLS_ANSWER_LENGTH;
  while (at + MS_FRAME_HEADER <= stream.length && stream.readUInt32BE(at) !== GARBLED) {
    const end = at + MS_FRAME_HEADER + stream.readUInt16BE(at + 2);
    if (end > stream.length || end - at > LONGEST_MS_FRAME) break;
    frames.push(stream.subarray(at + MS_FRAME_HEADER, end));
    at = end;
  }
  return frames;
}

export type MediaKind = 'ice' | 'rtp' | 'rtcp' | 'other';

/** The first byte tells (RFC 7983); of RTP and RTCP the second (RFC 5761 §4). */
export function kindOf(bytes: Uint8Array): MediaKind {
  const [first = 0, second = 0] = bytes;
  if (first < 4) return isStun(bytes) ? 'ice' : 'other';
  if (first < 128 || first > 191) return 'other';
  return second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
}

function isStun(bytes: Uint8Array): boolean {
  return bytes.length >= 20 && Buffer.from(bytes.subarray(4, 8)).readUInt32BE() === 0x2112_a442;
}

export interface Opened {
  readonly rtp: Buffer[];
  readonly rtcp: Buffer[];
  /** Media that none of the keys protects, or that is neither. */
  readonly foreign: Uint8Array[];
}

/** Media in the clear, by the keys that were said in the SDP. */
export function openedWith(keys: readonly string[], media: readonly Uint8Array[]): Opened {
  const readers = keys.map(key => new SrtpReader(key));
  const opened: Opened = { rtp: [], rtcp: [], foreign: [] };
  for (const bytes of media) {
    const kind = kindOf(bytes);
    if (kind === 'ice') continue;
    const plain =
      kind === 'other' ? undefined : readers.map(reader => reader[kind](bytes)).find(one => one !== undefined);
    if (kind === 'other' || plain === undefined) opened.foreign.push(bytes);
    else opened[kind].push(plain);
  }
  return opened;
}

/** Bits per byte: 8 for what looks like noise. */
export function entropyOf(parts: readonly Uint8Array[]): number {
  const counts = Array.from({ length: 256 }, () => 0);
  const all = Buffer.concat(parts);
  for (const byte of all) counts[byte]!++;
  const shares = counts.filter(count => count > 0).map(count => count / all.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}
