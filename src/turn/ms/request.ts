import { type Millis, MS_ATTRIBUTES, type MsMessageView } from '../../wire/index.ts';
import type { Client, Credential } from '../questions.ts';

/** A request of the Microsoft dialect where it lies. Client and view are lent. */
export interface MsRequest {
  readonly client: Client;
  readonly view: MsMessageView;
  readonly now: Millis;
}

/** An Allocate whose sender has proven to be a user. */
export interface MsAuthenticRequest extends MsRequest {
  readonly credential: Credential;
  readonly username: Uint8Array;
  readonly key: Uint8Array;
}

const UNDERSTOOD: ReadonlySet<number> = new Set(Object.values(MS_ATTRIBUTES));

/** The comprehension-required attributes that are not understood, each once (MS-TURN §2.2.2). */
export function msUnknownAttributes(view: MsMessageView): readonly number[] {
  const unknown = new Set<number>();
  for (let i = 0; i < view.count; i++) {
    const type = view.typeAt(i);
    if (type < 0x8000 && !UNDERSTOOD.has(type)) unknown.add(type);
  }
  return [...unknown];
}

/** The same as a question. Makes no objects. */
export function msHasUnknown(view: MsMessageView): boolean {
  for (let i = 0; i < view.count; i++) {
    const type = view.typeAt(i);
    if (type < 0x8000 && !UNDERSTOOD.has(type)) return true;
  }
  return false;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
