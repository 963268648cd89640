import { type AddressBuffer, familyOf, type IpAddress, sameIp, type TransportAddress, withPort } from './address.ts';
import type { Family } from './ids.ts';

/** An address of this machine and what the world knows it by: the same, or the public one of a NAT, which keeps ports. */
export interface OwnAddress {
  readonly local: IpAddress;
  readonly advertised: IpAddress;
}

/** No address of ours. */
export const NOT_OURS = -1;

/** The addresses that relays are on. There are few, so they are gone through; a look-up makes nothing. */
export class OwnAddresses {
  readonly all: readonly OwnAddress[];

  constructor(all: readonly OwnAddress[]) {
    this.all = all;
  }

  /** Which one it is, in either spelling. */
  indexOf(w0: number, w1: number, w2: number, w3: number): number {
    const { all } = this;
    for (let i = 0; i < all.length; i++) {
      const { local: l, advertised: a } = all[i]!;
      if (l.w3 === w3 && l.w2 === w2 && l.w1 === w1 && l.w0 === w0) return i;
      if (a.w3 === w3 && a.w2 === w2 && a.w1 === w1 && a.w0 === w0) return i;
    }
    return NOT_OURS;
  }

  /** Rewrites one of ours to the spelling that clients and peers know; whatever is not ours stays as it is. */
  advertise(address: AddressBuffer): void {
    const index = this.indexOf(address.w0, address.w1, address.w2, address.w3);
    if (index !== NOT_OURS) copyIp(this.all[index]!.advertised, address);
  }

  /** Rewrites one of ours to the spelling that sockets know. */
  localize(address: AddressBuffer): void {
    const index = this.indexOf(address.w0, address.w1, address.w2, address.w3);
    if (index !== NOT_OURS) copyIp(this.all[index]!.local, address);
  }

  /** What the world is told for one of ours: a copy. */
  advertised(address: TransportAddress): TransportAddress {
    const index = this.indexOf(address.w0, address.w1, address.w2, address.w3);
    return withPort(index === NOT_OURS ? address : this.all[index]!.advertised, address.port);
  }

  /** What sockets know one of ours by: a copy. */
  local(address: TransportAddress): TransportAddress {
    const index = this.indexOf(address.w0, address.w1, address.w2, address.w3);
    return withPort(index === NOT_OURS ? address : this.all[index]!.local, address.port);
  }

  /** Where a relay of this family goes: on this very address when it is ours, else on our first of the family. */
  localOf(family: Family, preferred: IpAddress): IpAddress | undefined {
    const same = this.all.find(({ local }) => sameIp(local, preferred) && familyOf(local) === family);
    return (same ?? this.all.find(({ local }) => familyOf(local) === family))?.local;
  }
}

function copyIp({ w0, w1, w2, w3 }: IpAddress, into: AddressBuffer): void {
  into.set(w0, w1, w2, w3, into.port);
}
