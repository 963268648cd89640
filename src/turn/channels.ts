import { type Channel, copyOf, type Millis, type TransportAddress } from '../wire/index.ts';
import { keyOf } from './permissions.ts';

/** RFC 8656 §12 */
export const CHANNEL_LIFETIME: Millis = 600_000;

/** A relay's channel bindings (RFC 8656 §12): each channel has one peer, each peer one channel. */
export class Channels {
  readonly #byChannel = new Map<Channel, { readonly peer: TransportAddress; until: Millis }>();
  readonly #byPeer = new Map<string, Channel>();

  get size(): number {
    return this.#byChannel.size;
  }

  peerOf(channel: Channel): TransportAddress | undefined {
    return this.#byChannel.get(channel)?.peer;
  }

  channelOf(peer: TransportAddress): Channel | undefined {
    return this.#byPeer.get(peerKey(peer));
  }

  /** Binds or refreshes; true when the binding is new. The caller has seen that neither side is bound elsewhere. */
  bind(channel: Channel, peer: TransportAddress, until: Millis): boolean {
    const known = this.#byChannel.get(channel);
    if (known !== undefined) {
      known.until = until;
      return false;
    }
    this.#byChannel.set(channel, { peer: copyOf(peer), until });
    this.#byPeer.set(peerKey(peer), channel);
    return true;
  }

  /** Drops and returns what has lapsed. */
  expire(now: Millis): Channel[] {
    const lapsed: Channel[] = [];
    for (const [channel, { peer, until }] of this.#byChannel) {
      if (until > now) continue;
      this.#byChannel.delete(channel);
      this.#byPeer.delete(peerKey(peer));
      lapsed.push(channel);
    }
    return lapsed;
  }

  earliest(): Millis {
    let at = Infinity;
    for (const { until } of this.#byChannel.values()) at = Math.min(at, until);
    return at;
  }
}

function peerKey(peer: TransportAddress): string {
  return `${keyOf(peer)}|${peer.port}`;
}
