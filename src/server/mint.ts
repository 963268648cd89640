import { OperatorError } from '../control/index.ts';
import type { Credentials, MintedCredential } from '../credentials/index.ts';
import { clock } from './clock.ts';

/** A credential for a user, valid for at most 8 hours. Throws an OperatorError when there is no secret to make it with. */
export function mintWith(credentials: Credentials, user: string, lifetimeSeconds?: number): MintedCredential {
  const minted = credentials.mint(user, lifetimeSeconds, clock.wall());
  if (typeof minted !== 'string') return minted;
  if (minted !== 'no-secret') throw new RangeError(`no credential for this user and lifetime: ${minted}`);
  throw new OperatorError(
    'SALLYPORT_NO_SECRET',
    'credentials can be minted only with a shared secret',
    'add one to credentials.secrets; static users need no minting',
  );
}
