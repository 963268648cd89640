import { randomBytes } from 'node:crypto';
import { OperatorError } from '../control/index.ts';
import {
  type Credentials,
  type IceHost,
  type IceServer,
  iceServers,
  type MediaRelay,
  type MintedCredential,
  mediaRelays,
  type NotMinted,
  type TurnRestAnswer,
  turnRest,
} from '../credentials/index.ts';
import { clock } from './clock.ts';

/** Makes credentials of a running edge, and says where they are good in the words of each kind of client. */
export class Minter {
  readonly #credentials: Credentials;
  readonly #hosts: () => IceHost[];

  /** Ports and the certificate's name are known only once an edge runs, so hosts are asked for each time. */
  constructor(credentials: Credentials, hosts: () => IceHost[]) {
    this.#credentials = credentials;
    this.#hosts = hosts;
  }

  /** A credential for a user, valid for at most 8 hours. Throws an OperatorError when there is no secret to make it with. */
  mint(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintedOr(this.#credentials.mint(user, lifetimeSeconds, clock.wall()));
  }

  /** The same for a client of the Microsoft dialect: a relay token, as the base64 text such clients are configured with. */
  mintRelayToken(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintedOr(this.#credentials.mintToken(user, 'external', lifetimeSeconds, clock.wall(), randomBytes));
  }

  /** Where clients of the Microsoft dialect reach the edge. */
  mediaRelays(): MediaRelay[] {
    return mediaRelays(this.#hosts());
  }

  /** What a browser's RTCPeerConnection takes, for every way into the edge. */
  iceServers(minted: MintedCredential): IceServer[] {
    return iceServers(minted, this.#hosts());
  }

  turnRest(minted: MintedCredential): TurnRestAnswer {
    return turnRest(minted, this.#hosts());
  }
}

/** No shared secret is configured: users have passwords of their own, and nothing can be minted. */
export function noSecret(): OperatorError {
  return new OperatorError(
    'SALLYPORT_NO_SECRET',
    'credentials can be minted only with a shared secret',
    'add one to credentials.secrets; static users need no minting',
  );
}

function mintedOr(minted: MintedCredential | NotMinted): MintedCredential {
  if (typeof minted !== 'string') return minted;
  if (minted !== 'no-secret') throw new RangeError(`no credential for this user and lifetime: ${minted}`);
  throw noSecret();
}
