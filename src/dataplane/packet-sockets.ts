import type { RelayId, TransportAddress } from '../wire/index.ts';
import type { DropReason } from './engine.ts';

/** What became of a datagram: it went on its way, or why it did not. */
export type Sent = 'sent' | DropReason;

/** The only thing the packet path asks of an engine. Bytes and addresses are borrowed until the call returns. */
export interface PacketSockets {
  sendToClient(listener: number, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent;
  /** From the relay's socket; 'no-relay' when it is not open. `dontFragment` is false unless the engine can. */
  sendToPeer(
    relay: RelayId,
    to: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment: boolean,
  ): Sent;
  /** A copy, in `copies` from the returned place on, with HEADROOM in front and TAILROOM behind. It lasts until the next one. */
  copy(bytes: Uint8Array, start: number, end: number): number;
  readonly copies: Uint8Array;
}
