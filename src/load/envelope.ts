import {
  ATTRIBUTES,
  CHANNEL_HEADER,
  CLASSES,
  METHODS,
  MessageWriter,
  type TransportAddress,
  writeChannelHeader,
} from '../wire/index.ts';

/** The largest that stands in front of a payload: a Send indication to an IPv6 peer. */
export const LARGEST_ENVELOPE = 48;

/** What a client wraps its payloads in: written anew for each, into memory that is lent. */
export interface Envelope {
  /** Bytes in front of the payload. */
  readonly header: number;
  /** Writes the header at `at`, for a payload of `size` bytes behind it, and returns where the message ends. */
  write(bytes: Uint8Array, at: number, size: number): number;
}

/** ChannelData (RFC 8656 §12.4); over streams it is padded (§12.5). */
export function channelEnvelope(channel: number, isPadded: boolean): Envelope {
  return {
    header: CHANNEL_HEADER,
    write(bytes, at, size) {
      writeChannelHeader(bytes, at + CHANNEL_HEADER, channel, size);
      const end = at + CHANNEL_HEADER + size;
      return isPadded ? (end + 3) & ~3 : end;
    },
  };
}

/** A Send indication (RFC 8656 §11.4). Only its two lengths change. */
export function indicationEnvelope(peer: TransportAddress, transactionId: Uint8Array): Envelope {
  const writer = new MessageWriter(
    new Uint8Array(LARGEST_ENVELOPE + 4),
    0,
    METHODS.Send,
    CLASSES.indication,
    transactionId,
  );
  const template = writer.xorAddress(ATTRIBUTES.XorPeerAddress, peer).raw(ATTRIBUTES.Data, []).message.slice();
  const header = template.length;
  return {
    header,
    write(bytes, at, size) {
      for (let i = 0; i < header; i++) bytes[at + i] = template[i]!;
      const end = (at + header + size + 3) & ~3;
      const length = end - at - 20;
      bytes[at + 2] = length >>> 8;
      bytes[at + 3] = length;
      bytes[at + header - 2] = size >>> 8;
      bytes[at + header - 1] = size;
      return end;
    },
  };
}
