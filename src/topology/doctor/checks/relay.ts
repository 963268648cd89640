import type { Facts, SizeFacts } from '../facts.ts';
import { fault, ok, type Result, unknown, warning } from '../result.ts';

/** An allocation is made, and two of them reach each other inside the edge. */
export function allocation({ targets }: Facts): Result[] {
  return targets.flatMap(({ address, allocation: made }) => {
    if (made === undefined) return [];
    if ('relayed' in made) return [ok('allocation', address, `${made.relayed} over ${made.via.toUpperCase()}`)];
    return [
      fault('allocation', address, {
        id: 'no-allocation',
        place: 'edge',
        seen: made.code === 0 ? 'no answer' : `answered ${made.code}`,
        means: 'Nobody gets a relay here.',
        change: 'see the findings about credentials and listeners, and the log of the edge',
      }),
    ];
  });
}

export function relayToRelay({ targets }: Facts): Result[] {
  return targets.flatMap(({ address, relayToRelay: works }) => {
    if (works === undefined) return [];
    if (works) return [ok('relay-to-relay', address, 'a datagram crossed from one relay to another')];
    return [
      fault('relay-to-relay', address, {
        id: 'relay-to-relay',
        place: 'edge',
        seen: 'a datagram from one relay of the edge to another was lost',
        means: 'Calls between two users who both relay here have no sound.',
        change: 'see that external.public is right, and that external.peers.deny does not hold the own address',
      }),
    ];
  });
}

/** What an IPv4 packet of 1500 bytes can hold: more must be cut into fragments. */
const UNFRAGMENTED = 1_472;
const IPV6_LEAST = 1_232;

/** How long datagrams may be, whole and in fragments. */
export function packetSize({ targets }: Facts): Result[] {
  return targets.flatMap(({ address, relayed }) => {
    const sizes = relayed?.sizes ?? [];
    if (sizes.length === 0) return [];
    const lost = sizes.filter(({ out, inward }) => !out || !inward);
    if (lost.length === 0)
      return [ok('packet-size', address, `${sizes.at(-1)!.bytes} bytes get through, in fragments where they must`)];
    if (lost.length === sizes.length) return [unknown('packet-size', address, 'no size gets through')];
    return [tooLong(address, lost[0]!, largest(sizes, lost[0]!.bytes))];
  });
}

function tooLong(address: string, { bytes, out, inward }: SizeFacts, passed: number): Result {
  const way = out === inward ? 'both ways' : out ? 'towards the edge' : 'from the edge';
  const seen = `${passed} bytes get through, ${bytes} are lost ${way}`;
  if (bytes > UNFRAGMENTED) {
    return warning('packet-size', address, {
      id: 'fragments-dropped',
      place: 'firewall',
      seen,
      means: 'Fragments are dropped. Certificates in DTLS handshakes and large video packets may be lost.',
      change: 'let fragments through, or have firewall and NAT reassemble them',
    });
  }
  return warning('packet-size', address, {
    id: 'small-path-mtu',
    place: 'firewall',
    seen,
    means:
      passed < IPV6_LEAST
        ? 'Packets of common video lengths are lost: calls freeze while sound goes on.'
        : 'A tunnel on the way carries less than 1500 bytes, and ICMP that says so does not come through.',
    change: 'let ICMP type 3 code 4 (ICMPv6 type 2) through, or raise the MTU of the tunnel',
  });
}

function largest(sizes: readonly SizeFacts[], below: number): number {
  return Math.max(
    0,
    ...sizes.filter(({ bytes, out, inward }) => bytes < below && out && inward).map(({ bytes }) => bytes),
  );
}
