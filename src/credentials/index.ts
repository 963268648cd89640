export type { Credential, MintedCredential, NoCredential, NotMinted, PasswordAlgorithm } from './credential.ts';
export { type CredentialSettings, Credentials, LIFETIME_LIMIT_SECONDS } from './credentials.ts';
export type { FirstUse } from './first-uses.ts';
export { type IceHost, type IceServer, iceServers, type TurnRestAnswer, turnRest } from './ice-servers.ts';
export { type MediaRelay, mediaRelays } from './media-relays.ts';
export type { TokenSide } from './relay-tokens.ts';
export { restName, restPassword } from './rest.ts';
