import type { Socket } from 'node:net';
import type { AccessCredentials, AccessDenial } from '../../control/http/index.ts';
import type { SipUser } from '../../sip/index.ts';
import type { Minter } from '../minter.ts';
import type { Side } from '../sides.ts';
import type { AccessEdge, AccessWay, Whence } from './access-edge.ts';
import type { DirectoryParts } from './directory-parts.ts';
import { relayUserOf } from './relay-credentials.ts';
import { remoteOf } from './sip-line.ts';

export interface WebSignInParts {
  readonly minter: Minter;
  readonly edge: () => Pick<AccessEdge, 'checkPassword'>;
  /** Whoever is not in the file. */
  readonly directory?: DirectoryParts | undefined;
  readonly onDenied: (why: AccessDenial, whence: Whence) => void;
  readonly onGranted: () => void;
}

/** Credentials for the relay for whoever shows his password on a port for browsers: of the side that he came to, as over SIP. */
export function webSignIn({ transport, side }: Pick<AccessWay, 'transport' | 'side'>, parts: WebSignInParts) {
  const own = side === 'internal' ? 'internal' : 'external';
  return async (username: string, password: string, from: Socket): Promise<AccessCredentials | AccessDenial> => {
    const whence = { transport, side, remote: remoteOf(from) };
    const said = await granted(username, password, whence, own, parts);
    if (typeof said === 'string') parts.onDenied(said, whence);
    else parts.onGranted();
    return said;
  };
}

async function granted(
  username: string,
  password: string,
  { transport, remote }: Whence,
  side: Side,
  { directory, edge, minter }: WebSignInParts,
): Promise<AccessCredentials | AccessDenial> {
  if (transport === 'WS' && remote.isHere !== true) return 'password-in-the-clear';
  const name = directory?.signIn.nameOf(username);
  if (directory === undefined || name === undefined) {
    const user = whoIs(edge().checkPassword(username, password, remote.host), side);
    return typeof user === 'string' ? user : credentialsFor(user.record, side, minter);
  }
  const denial = await directory.signIn.denial(name, password, remote.host);
  if (denial !== undefined) return denial;
  const credentials = credentialsFor(`sip:${name}@${directory.domain}`, side, minter);
  const sip = directory.users.admit(name, credentials.expiresAt);
  return sip === undefined ? 'registrar-full' : { ...credentials, sip };
}

function whoIs(user: ReturnType<AccessEdge['checkPassword']>, side: Side): SipUser | AccessDenial {
  if (typeof user === 'string') return user === 'locked-out' ? user : 'wrong-password';
  return user.side === 'any' || user.side === side ? user : 'wrong-side';
}

function credentialsFor(record: string, side: Side, minter: Minter): AccessCredentials {
  const minted = minter.mint(relayUserOf(record));
  const { expiresAt, lifetimeSeconds } = minted;
  return { user: record, iceServers: minter.iceServers(minted, side), expiresAt, lifetimeSeconds };
}
