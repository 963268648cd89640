import { type IpAddress, ipv4 } from '../../wire/index.ts';
import type { OwnRelays } from '../near-relays.ts';

/** What a NAT in front of the engine would translate its address to: nothing is there. */
export const PUBLIC = { 4: ipv4(0x836b9b1e), 6: { w0: 0x20010db8, w1: 0, w2: 0, w3: 0x30 } };

export function ownOf(local: IpAddress, advertised: IpAddress, ports: OwnRelays['ports'], isShared = false): OwnRelays {
  return { addresses: [{ local, advertised, isOpen: false }], ports, isShared, isOpen: () => false };
}
