import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textWithUser } from '../credentials/sip/index.ts';
import { readOrMakeUsersFile, writeUsersFile } from '../server/index.ts';

const DOMAIN = 'example.test';
const NAMES = ['alice', 'bob'];

export interface DemoUser {
  readonly name: string;
  readonly password: string;
}

/** Two users with passwords made for this run, in a file that goes with it. */
export class DemoUsers {
  readonly users: readonly DemoUser[];
  readonly file: string;
  readonly #folder: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'sallyport-users-'));
    this.file = join(this.#folder, 'users.yaml');
    this.users = NAMES.map(name => ({ name, password: randomBytes(9).toString('base64url') }));
    for (const user of this.users)
      writeUsersFile(this.file, textWithUser(readOrMakeUsersFile(this.file, DOMAIN), user));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The page with its phone signed in: what stands behind the # is sent to nobody. */
export function phoneLink(page: string, { name, password }: DemoUser): string {
  return `${page}#tab=phone&user=${name}&password=${encodeURIComponent(password)}`;
}
