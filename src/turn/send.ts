import { AddressBuffer, ATTRIBUTES, familyOf, type MessageView } from '../wire/index.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import { readPeer } from './named-peer.ts';
import type { Client } from './questions.ts';
import { silence } from './refuse.ts';
import { hasUnknown } from './request.ts';

const NOTHING: readonly Effect[] = [];

/** Send indications (RFC 8656 §11.2). A datagram that is relayed makes no objects; whether its peer is permitted the data plane knows. */
export class Sender {
  readonly #core: Core;
  readonly #peer = new AddressBuffer();

  constructor(core: Core) {
    this.#core = core;
  }

  onSend(client: Client, view: MessageView): readonly Effect[] {
    const { allocations, questions, settings, sink } = this.#core;
    const allocation = allocations.of(client.id);
    if (allocation === undefined || allocation.microsoft !== undefined)
      return silence(client, 'send-without-allocation');
    const data = view.find(ATTRIBUTES.Data);
    const peer = this.#peer;
    const whole =
      data >= 0 && readPeer(this.#core, view, view.find(ATTRIBUTES.XorPeerAddress), peer) && peer.port !== 0;
    if (!whole || hasUnknown(view)) return silence(client, 'send-malformed');
    const dontFragment = view.has(ATTRIBUTES.DontFragment);
    if (!settings.canDontFragment && dontFragment) return silence(client, 'send-malformed');
    const relay = allocation.relayOf(familyOf(peer));
    if (relay === undefined) return silence(client, 'send-wrong-family');
    if (relay.transport !== 'udp') return silence(client, 'send-on-tcp-relay'); // RFC 6062 §3.2
    // Permissions know no ports, so a permitted address may still lead to a listener of ours.
    if (questions.isOwnEndpoint(peer)) return silence(client, 'send-to-own-endpoint');
    const start = view.offsetAt(data);
    sink.toPeer(relay.id, peer, view.bytes, start, start + view.lengthAt(data), dontFragment);
    return NOTHING;
  }
}
