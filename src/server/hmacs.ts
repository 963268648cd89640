import type { Config } from '../control/index.ts';
import { loadNative, OpenSslHmac } from '../native/index.ts';
import { makeHmacsBy } from '../wire/index.ts';

/** Where the native engine is wanted first, HMACs are made without node as well. To be called before anything that has one is made. */
export function chooseHmacs({ engines }: Config): void {
  const native = engines[0] === 'mmsg' ? loadNative() : 'not asked for';
  if (typeof native === 'string' || native.openSslHashes === undefined) return;
  const hashes = native.openSslHashes;
  makeHmacsBy((algorithm, longest) => new OpenSslHmac(native, hashes, algorithm, longest));
}
