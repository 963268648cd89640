import type { SipUsers } from '../../credentials/sip/index.ts';
import { MrasService } from '../../sip/index.ts';
import type { Millis } from '../../wire/index.ts';
import type { MrasLocation, MrasRelay } from '../../wire/mras/index.ts';
import type { Minter } from '../minter.ts';
import type { Side } from '../sides.ts';

export interface RelayCredentialParts {
  readonly minter: Minter;
  readonly uri: string;
  readonly realm: string;
  readonly users: () => SipUsers;
  /** A user (by address of record) has been given a credential that ends then, by the wall clock. */
  readonly onGranted: (record: string, expiresAt: Millis) => void;
}

const SIDES: Readonly<Record<MrasLocation, Side>> = { internet: 'external', intranet: 'internal' };
const LOCATIONS = { external: 'internet', internal: 'intranet' } as const;

/** The A/V authentication service over the edge's own minter: relay tokens by side, for the user under whatever address he asks. */
export function mrasServiceFrom({ minter, uri, realm, users, onGranted }: RelayCredentialParts): MrasService {
  return new MrasService(
    { uri, realm },
    {
      mint: (address, location, minutes) => {
        const record = users().user(address)?.record ?? address;
        const minted = minter.mintRelayToken(relayUserOf(record), minutes * 60, SIDES[location]);
        onGranted(record, minted.expiresAt);
        const { username, password, lifetimeSeconds } = minted;
        return { username, password, durationMinutes: Math.max(1, Math.floor(lifetimeSeconds / 60)) };
      },
      relays: (location, route) => {
        const asked = location === undefined ? minter.sides : minter.sides.filter(side => side === SIDES[location]);
        return asked.flatMap(side => minter.mediaRelays(side).map(relay => relayFor(relay, side, route)));
      },
    },
  );
}

/** Whom an allocation counts for, and what log lines call him: `alice@example.test`. */
export function relayUserOf(record: string): string {
  return record.replace(/^sips?:/, '');
}

/** We have addresses only: as a host name they are looked up by nobody, and pidgin-sipe reads nothing else. */
function relayFor(
  { host, udpPort, tcpPort }: ReturnType<Minter['mediaRelays']>[number],
  side: Side,
  route: 'loadbalanced' | 'directip',
): MrasRelay {
  return {
    location: LOCATIONS[side],
    host: route === 'directip' ? { ip: host } : { name: host },
    udpPort,
    ...(tcpPort === undefined ? {} : { tcpPort }),
  };
}
