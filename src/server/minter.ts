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
import type { Side } from './sides.ts';
import { hasTcpRelays } from './system.ts';

/** Makes credentials of a running edge, and says where they are good in the words of each kind of client. */
export class Minter {
  readonly sides: readonly Side[];
  readonly #credentials: Credentials;
  readonly #hosts: (side: Side) => IceHost[];

  /** Ports and the certificate's name are known only once an edge runs, so hosts are asked for each time. */
  constructor(credentials: Credentials, sides: readonly Side[], hosts: (side: Side) => IceHost[]) {
    this.sides = sides;
    this.#credentials = credentials;
    this.#hosts = hosts;
  }

  /** A credential for a user, valid for at most 8 hours. Throws an OperatorError when there is no secret to make it with. */
  mint(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintedOr(this.#credentials.mint(user, lifetimeSeconds, clock.wall()));
  }

  /** The same for a client of the Microsoft dialect: a relay token, good on this side alone, as the base64 text that such clients take. */
  mintRelayToken(user: string, lifetimeSeconds?: number, side: Side = 'external'): MintedCredential {
    return mintedOr(this.#credentials.mintToken(user, side, lifetimeSeconds, clock.wall(), randomBytes));
  }

  /** Where clients of the Microsoft dialect reach the edge. */
  mediaRelays(side: Side = 'external'): MediaRelay[] {
    return mediaRelays(this.#hosts(side), hasTcpRelays());
  }

  /** What a browser's RTCPeerConnection takes, for every way into the edge. */
  iceServers(minted: MintedCredential, side: Side = 'external'): IceServer[] {
    return iceServers(minted, this.#hosts(side));
  }

  turnRest(minted: MintedCredential, side: Side = 'external'): TurnRestAnswer {
    return turnRest(minted, this.#hosts(side));
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
