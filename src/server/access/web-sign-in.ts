import type { Socket } from 'node:net';
import type { AccessCredentials, AccessDenial } from '../../control/http/index.ts';
import type { SipUser } from '../../sip/index.ts';
import type { Minter } from '../minter.ts';
import type { Side } from '../sides.ts';
import type { AccessEdge, AccessWay, Whence } from './access-edge.ts';
import { relayUserOf } from './relay-credentials.ts';
import { remoteOf } from './sip-line.ts';

export interface WebSignInParts {
  readonly minter: Minter;
  readonly edge: () => Pick<AccessEdge, 'checkPassword'>;
  readonly onDenied: (why: AccessDenial, whence: Whence) => void;
  readonly onGranted: () => void;
}

/** Credentials for the relay for whoever shows his password on a port for browsers: of the side that he came to, as over SIP. */
export function webSignIn(
  { transport, side }: Pick<AccessWay, 'transport' | 'side'>,
  { minter, edge, onDenied, onGranted }: WebSignInParts,
) {
  return (username: string, password: string, from: Socket): AccessCredentials | AccessDenial => {
    const whence = { transport, side, remote: remoteOf(from) };
    const own = side === 'internal' ? 'internal' : 'external';
    const user = whoShows(username, password, whence, own, edge());
    if (typeof user === 'string') {
      onDenied(user, whence);
      return user;
    }
    const minted = minter.mint(relayUserOf(user.record));
    onGranted();
    const { expiresAt, lifetimeSeconds } = minted;
    return { user: user.record, iceServers: minter.iceServers(minted, own), expiresAt, lifetimeSeconds };
  };
}

function whoShows(
  username: string,
  password: string,
  { transport, remote }: Whence,
  side: Side,
  edge: Pick<AccessEdge, 'checkPassword'>,
): SipUser | AccessDenial {
  if (transport === 'WS' && remote.isHere !== true) return 'password-in-the-clear';
  const user = edge.checkPassword(username, password, remote.host);
  if (typeof user === 'string') return user === 'locked-out' ? user : 'wrong-password';
  return user.side === 'any' || user.side === side ? user : 'wrong-side';
}
