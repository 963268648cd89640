import { readUint16At } from '../words.ts';
import type { MessageView } from './message-view.ts';

export interface AccessToken {
  readonly nonce: Uint8Array;
  /** Key, timestamp and lifetime, encrypted and authenticated by the authorization server. */
  readonly encryptedBlock: Uint8Array;
}

/** ACCESS-TOKEN (RFC 7635 §6.2), taken apart as far as it is in the clear. Both parts are borrowed. */
export function readAccessToken(view: MessageView, index: number): AccessToken | undefined {
  if (index < 0 || index >= view.count || view.lengthAt(index) < 2) return undefined;
  const value = view.valueAt(index);
  const nonceEnd = 2 + readUint16At(value, 0);
  if (nonceEnd > value.length) return undefined;
  return { nonce: value.subarray(2, nonceEnd), encryptedBlock: value.subarray(nonceEnd) };
}
