import {
  type Channel,
  copyOf,
  type Family,
  type IpAddress,
  type Millis,
  type RelayAddress,
  type RelayId,
  type RelayTransport,
  type TransportAddress,
} from '../wire/index.ts';
import { CHANNEL_LIFETIME, Channels } from './channels.ts';
import type { Effect } from './effects.ts';
import type { PeerConnection } from './peer-connections.ts';
import { PERMISSION_LIFETIME, Permissions } from './permissions.ts';

/** One relayed transport address with its permissions and channels; a dual allocation has two, which end apart (RFC 8656 §8.1). */
export class Relay {
  readonly id: RelayId;
  readonly family: Family;
  /** The address of ours it was asked for on. */
  readonly ip: IpAddress;
  readonly transport: RelayTransport;
  state: 'opening' | 'open' | 'closed' = 'opening';
  /** As clients and peers know it. */
  address: RelayAddress | undefined;
  until: Millis;
  readonly permissions = new Permissions();
  readonly channels = new Channels();
  /** TCP connections with peers (RFC 6062). */
  readonly connections = new Set<PeerConnection>();

  constructor(id: RelayId, family: Family, ip: IpAddress, transport: RelayTransport, until: Millis) {
    this.id = id;
    this.family = family;
    this.ip = ip;
    this.transport = transport;
    this.until = until;
  }

  opened(address: TransportAddress): void {
    this.state = 'open';
    this.address = copyOf(address) as RelayAddress;
  }

  /** Installs or refreshes a permission (RFC 8656 §9; the Microsoft dialect's do not lapse). Returns when it lapses. */
  permit(ip: IpAddress, now: Millis, effects: Effect[], lifetime = PERMISSION_LIFETIME): Millis {
    const until = now + lifetime;
    const { w0, w1, w2, w3 } = ip;
    if (this.permissions.grant(ip, until)) effects.push({ do: 'permit', relay: this.id, peer: { w0, w1, w2, w3 } });
    return until;
  }

  /** Installs or refreshes a channel and the permission that goes with it (RFC 8656 §12.2). Returns when the first of them lapses. */
  bind(channel: Channel, peer: TransportAddress, now: Millis, effects: Effect[]): Millis {
    const permittedUntil = this.permit(peer, now, effects);
    const until = now + CHANNEL_LIFETIME;
    if (this.channels.bind(channel, peer, until)) {
      effects.push({ do: 'install-channel', relay: this.id, channel, peer: copyOf(peer) });
    }
    return Math.min(permittedUntil, until);
  }

  /** Takes back what has lapsed. A channel without its permission stays bound but carries nothing (RFC 8656 §9). */
  lapse(now: Millis, effects: Effect[]): void {
    for (const channel of this.channels.expire(now)) effects.push({ do: 'remove-channel', relay: this.id, channel });
    for (const peer of this.permissions.expire(now)) effects.push({ do: 'forbid', relay: this.id, peer });
  }

  /** With the relay goes all it held: no effect needs to name permissions and channels. */
  close(effects: Effect[]): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    effects.push({ do: 'close-relay', relay: this.id });
  }

  earliest(): Millis {
    return Math.min(this.until, this.permissions.earliest(), this.channels.earliest());
  }
}
