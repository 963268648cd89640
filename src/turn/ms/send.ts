import {
  AddressBuffer,
  copyOf,
  familyOf,
  MS_ATTRIBUTES,
  type MsMessageView,
  type PeerAddress,
} from '../../wire/index.ts';
import type { Allocation } from '../allocation.ts';
import type { Core } from '../core.ts';
import type { Effect } from '../effects.ts';
import { readMsPeer } from '../named-peer.ts';
import type { Client } from '../questions.ts';
import { silence } from '../refuse.ts';
import { isRefused } from '../request.ts';
import { msSessionOf, NO_NUMBER, vouchedNumber } from './later-message.ts';
import { msPermit, msRelayFor } from './permit.ts';
import { msHasUnknown } from './request.ts';

const A = MS_ATTRIBUTES;
const NOTHING: readonly Effect[] = [];

/** Send requests, which are never answered: each relays a payload, and the first to a peer lets the peer's datagrams in (MS-TURN §1.3). */
export class MsSender {
  readonly #core: Core;
  readonly #peer = new AddressBuffer() as PeerAddress & AddressBuffer;

  constructor(core: Core) {
    this.#core = core;
  }

  onSend(client: Client, view: MsMessageView): readonly Effect[] {
    const allocation = this.#core.allocations.of(client.id);
    const session = msSessionOf(allocation);
    if (allocation === undefined || session === undefined) return silence(client, 'ms-without-allocation');
    const peer = this.#peer;
    const data = view.find(A.Data);
    const whole = data >= 0 && readMsPeer(this.#core, view, view.find(A.DestinationAddress), peer) && peer.port !== 0;
    if (!whole || msHasUnknown(view)) return silence(client, 'ms-malformed');
    const number = vouchedNumber(view, session);
    if (typeof number === 'string') return silence(client, number);
    if (number !== NO_NUMBER) {
      if (session.sequence.verdict(number) !== 'fresh') return silence(client, 'ms-replayed');
      session.sequence.note(number);
    }
    return this.#relay(client, allocation, view, view.offsetAt(data), view.lengthAt(data));
  }

  #relay(
    client: Client,
    allocation: Allocation,
    view: MsMessageView,
    start: number,
    length: number,
  ): readonly Effect[] {
    const { questions, sink } = this.#core;
    const peer = this.#peer;
    // Permissions know no ports, so a permitted address may still lead to a listener of ours.
    if (questions.isOwnEndpoint(peer)) return silence(client, 'send-to-own-endpoint');
    const relay = allocation.relayOf(familyOf(peer));
    if (relay === undefined || !relay.permissions.has(peer))
      return this.#relayFirst(client, allocation, view, start, length);
    sink.toPeer(relay.id, peer, view.bytes, start, start + length, false);
    return NOTHING;
  }

  #relayFirst(
    client: Client,
    allocation: Allocation,
    view: MsMessageView,
    start: number,
    length: number,
  ): readonly Effect[] {
    const peer = copyOf<PeerAddress>(this.#peer);
    const relay = msRelayFor(this.#core, allocation, peer);
    if (isRefused(relay)) {
      const { refused: refusal, rule } = relay;
      return [{ do: 'count-refusal', refusal, client: client.id, peer, ...(rule === undefined ? {} : { rule }) }];
    }
    const effects: Effect[] = [];
    msPermit(relay, peer, effects);
    effects.push({ do: 'send-to-peer', relay: relay.id, peer, bytes: view.bytes, start, end: start + length });
    return effects;
  }
}
