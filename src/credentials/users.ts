import { longTermKey, userhash } from '../wire/index.ts';
import type { PasswordAlgorithm } from './credential.ts';

export interface User {
  readonly name: string;
  readonly keys: Readonly<Record<PasswordAlgorithm, readonly Uint8Array[]>>;
}

/** Users with a name and a password that do not change while we run. All hashing is done here, once: a look-up takes the same time for each. */
export class Users {
  readonly #byName = new Map<string, User>();
  readonly #byHash = new Map<string, User>();

  constructor(realm: string, passwords: Readonly<Record<string, string>>) {
    for (const [name, password] of Object.entries(passwords)) {
      const keys = {
        md5: [longTermKey('md5', name, realm, password)],
        'sha-256': [longTermKey('sha-256', name, realm, password)],
      };
      this.#byName.set(name, { name, keys });
      this.#byHash.set(textOf(userhash(name, realm)), { name, keys });
    }
  }

  named(name: string): User | undefined {
    return this.#byName.get(name);
  }

  /** By USERHASH (RFC 8489 §14.4). */
  hashed(hash: Uint8Array): User | undefined {
    return this.#byHash.get(textOf(hash));
  }
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('base64');
}
