import {
  type AddressBuffer,
  type MessageView,
  type MsMessageView,
  readPeerAddress,
  readPlainAddress,
} from '../wire/index.ts';
import type { Core } from './core.ts';

/*
 * The peer that a client names. Relays of this edge have two names when a NAT translates its address: from here on each has one, so that
 * permissions and channels are the same whichever the client knew. Neither makes an object.
 */

/** XOR-PEER-ADDRESS of a standard message; false when it is malformed or absent. */
export function readPeer({ questions }: Core, view: MessageView, index: number, into: AddressBuffer): boolean {
  if (!readPeerAddress(view, index, into)) return false;
  questions.advertise(into);
  return true;
}

/** The Destination Address of the Microsoft dialect. */
export function readMsPeer({ questions }: Core, view: MsMessageView, index: number, into: AddressBuffer): boolean {
  if (!readPlainAddress(view, index, into)) return false;
  questions.advertise(into);
  return true;
}
