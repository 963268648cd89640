import { MS_ATTRIBUTES, type MsMessageView, verifyMsIntegrity } from '../../wire/index.ts';
import type { Core } from '../core.ts';
import { type Refused, refused } from '../request.ts';
import { type MsAuthenticRequest, type MsRequest, msUnknownAttributes, sameBytes } from './request.ts';

const A = MS_ATTRIBUTES;

/** The checks of an Allocate with integrity, in the order of MS-TURN §3.3.5.1. */
export function msAuthenticate(core: Core, request: MsRequest): MsAuthenticRequest | Refused {
  const { questions, settings, nonces } = core;
  const { view, client, now } = request;
  const username = bytesOf(view, A.Username);
  if (username === undefined) return refused('missing-username');
  const credential = questions.credentialOfBytes(username, client, now);
  if (typeof credential === 'string') return refused(credential);
  const realm = bytesOf(view, A.Realm);
  if (realm === undefined || !sameBytes(realm, Buffer.from(settings.realm, 'utf8'))) return refused('missing-realm');
  const nonce = bytesOf(view, A.Nonce);
  if (nonce === undefined) return refused('missing-nonce');
  if (!nonces.isGood(nonce, client, now)) return refused('stale-nonce');
  // less than a second left is none: no lifetime could be promised
  if (credential.expiresAt - now < 1000) return refused('credential-expired');
  const key = credential.keys.find(candidate => verifyMsIntegrity(view, 'sha1', candidate));
  if (key === undefined) return refused('wrong-integrity');
  const unknown = msUnknownAttributes(view);
  if (unknown.length > 0) return refused('unknown-attribute', { unknown });
  questions.accepted(credential, now);
  return { client, view, now, credential, username: Uint8Array.from(username), key };
}

function bytesOf(view: MsMessageView, type: number): Uint8Array | undefined {
  const index = view.find(type);
  return index < 0 ? undefined : view.valueAt(index);
}
