import { randomBytes } from 'node:crypto';
import { OperatorError } from '../control/index.ts';
import type { Credentials, MintedCredential, NotMinted } from '../credentials/index.ts';
import { clock } from './clock.ts';

/** A credential for a user, valid for at most 8 hours. Throws an OperatorError when there is no secret to make it with. */
export function mintWith(credentials: Credentials, user: string, lifetimeSeconds?: number): MintedCredential {
  return mintedOr(credentials.mint(user, lifetimeSeconds, clock.wall()));
}

/** The same for a client of the Microsoft dialect: a relay token, as the base64 text such clients are configured with. */
export function mintTokenWith(credentials: Credentials, user: string, lifetimeSeconds?: number): MintedCredential {
  return mintedOr(credentials.mintToken(user, 'external', lifetimeSeconds, clock.wall(), randomBytes));
}

function mintedOr(minted: MintedCredential | NotMinted): MintedCredential {
  if (typeof minted !== 'string') return minted;
  if (minted !== 'no-secret') throw new RangeError(`no credential for this user and lifetime: ${minted}`);
  throw new OperatorError(
    'SALLYPORT_NO_SECRET',
    'credentials can be minted only with a shared secret',
    'add one to credentials.secrets; static users need no minting',
  );
}
