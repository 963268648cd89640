import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { formatIp, fromBytes } from '../../../src/wire/index.ts';
import type { Network } from './network.ts';

/** An IPv4 packet as it was on a wire. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly protocol: 'udp' | 'tcp';
  /** What the datagram or segment carries. */
  readonly payload: Uint8Array;
  /** Of a segment's first byte; 0 in UDP. */
  readonly sequence: number;
  /** The whole packet in hexadecimal, without what a router that translates addresses must change: them, the TTL and the checksums. */
  readonly rest: string;
}

/** Everything of UDP and TCP that passes an interface while something is done. */
export async function capture(net: Network, name: string, device: string): Promise<{ stop(): Promise<Packet[]> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-lab-'));
  const file = join(folder, 'packets');
  const tshark = net.start(name, 'tshark', '-i', device, '-F', 'pcap', '-w', file, '-f', 'udp or tcp');
  await tshark.until(() => tshark.output.includes('Capturing on'), 20_000);
  await pause(500); // it says so a little before it does
  return {
    stop: async () => {
      await pause(300); // what passed is written after a moment
      await tshark.stop('SIGINT');
      const packets = packetsIn(readFileSync(file));
      rmSync(folder, { recursive: true });
      return packets;
    },
  };
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;

/** The classic pcap format, in the byte order of this machine. */
function packetsIn(file: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    if (frame.readUInt16BE(12) === 0x0800) packets.push(packetOf(frame.subarray(ETHERNET)));
    at += RECORD_HEADER + length;
  }
  return packets;
}

function packetOf(frame: Buffer): Packet {
  const bytes = Buffer.from(frame.subarray(0, frame.readUInt16BE(2)));
  const ports = (bytes[0]! & 15) * 4;
  const isUdp = bytes[9] === 17;
  const payloadAt = ports + (isUdp ? 8 : (bytes[ports + 12]! >> 4) * 4);
  const packet: Omit<Packet, 'rest'> = {
    source: formatIp(fromBytes(bytes.subarray(12, 16))),
    destination: formatIp(fromBytes(bytes.subarray(16, 20))),
    sourcePort: bytes.readUInt16BE(ports),
    destinationPort: bytes.readUInt16BE(ports + 2),
    ttl: bytes[8]!,
    protocol: isUdp ? 'udp' : 'tcp',
    payload: Uint8Array.from(bytes.subarray(payloadAt)),
    sequence: isUdp ? 0 : bytes.readUInt32BE(ports + 4),
  };
  const checksum = isUdp ? 6 : 16;
  bytes
    .fill(0, 8, 9)
    .fill(0, 10, 20)
    .fill(0, ports + checksum, ports + checksum + 2);
  return { ...packet, rest: bytes.toString('hex') };
}
