import { readAuth, type SipRequest, tokensOf } from '../../wire/index.ts';

/** What a client says to prove that it knows a password. Nothing of it has been checked but its form. */
export interface DigestClaim {
  readonly username: string;
  readonly uri: string;
  readonly nonce: string;
  readonly nc: string;
  readonly cnonce: string;
  readonly response: string;
  readonly algorithm: string | undefined;
  opaqueIsIn(good: readonly (string | undefined)[]): boolean;
}

/** Of a username; longer ones are nobody's. */
export const LONGEST_NAME = 255;
const HEADERS = ['authorization', 'proxy-authorization'];

/** The first digest for our realm, in whichever header the client was asked to put it. Without qop=auth it is none of ours. */
export function digestClaimOf(request: SipRequest, realm: string): DigestClaim | undefined {
  for (const value of HEADERS.flatMap(name => request.headers.all(name))) {
    const claim = claimIn(value, realm);
    if (claim !== undefined) return claim;
  }
  return undefined;
}

function claimIn(value: string, realm: string): DigestClaim | undefined {
  const said = readAuth(value);
  if (said?.scheme !== 'digest' || said.params.get('realm') !== realm || said.params.get('qop') !== 'auth')
    return undefined;
  const get = (name: string) => said.params.get(name) ?? '';
  const claim = {
    username: get('username'),
    uri: get('uri'),
    nonce: get('nonce'),
    nc: get('nc'),
    cnonce: get('cnonce'),
    response: get('response'),
    algorithm: said.params.get('algorithm'),
    opaqueIsIn: (good: readonly (string | undefined)[]) => good.includes(said.params.get('opaque')),
  };
  // what is remembered of failures has a name as key
  const isWhole =
    claim.username !== '' &&
    claim.username.length <= LONGEST_NAME &&
    claim.cnonce !== '' &&
    /^[0-9a-f]{8}$/i.test(claim.nc);
  return isWhole && /^[0-9a-f]{32}(?:[0-9a-f]{32})?$/i.test(claim.response) ? claim : undefined;
}

/** pidgin-sipe: it signs in with a digest when asked by 407, and by 401 not at all. */
export function isSipe({ headers }: SipRequest): boolean {
  return (
    (headers.first('user-agent') ?? '').includes('Sipe/') ||
    (tokensOf(headers, 'supported') ?? []).includes('msrtc-event-categories')
  );
}

/** Authorization or Proxy-Authorization of our realm has done its work and goes no further. */
export function isClaimFor(value: string, realm: string): boolean {
  return readAuth(value)?.params.get('realm') === realm;
}
