import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUsersText, textWithoutUser, textWithUser } from '../../src/credentials/sip/index.ts';
import { readUsersFile, writeUsersFile } from '../../src/server/index.ts';
import { certificateFor, type Pem } from './certificates.ts';

/** What an Access Edge is configured with, in a folder of its own: users alice and bob (passwords `NAME-password`), a certificate and its key. */
export class AccessFiles {
  readonly folder: string;
  readonly users: string;
  readonly tls: { readonly certificate: string; readonly key: string };
  /** In PEM: what clients are to trust. */
  readonly certificate: string;

  static async make(domain = 'example.test', name = 'edge.example.test'): Promise<AccessFiles> {
    return new AccessFiles(domain, await certificateFor(name));
  }

  private constructor(domain: string, pem: Pem) {
    this.folder = mkdtempSync(join(tmpdir(), 'sallyport-access-'));
    this.users = join(this.folder, 'users.yaml');
    this.tls = { certificate: join(this.folder, 'edge.pem'), key: join(this.folder, 'edge.key') };
    this.certificate = pem.certificate;
    writeFileSync(this.tls.certificate, pem.certificate);
    writeFileSync(this.tls.key, pem.key);
    writeFileSync(this.users, newUsersText(domain));
    for (const user of ['alice', 'bob']) this.add(user);
  }

  add(
    name: string,
    password = `${name}-password`,
    side: 'any' | 'external' | 'internal' = 'any',
    aliases: readonly string[] = [],
  ): void {
    writeUsersFile(this.users, textWithUser(readUsersFile(this.users), { name, password, side, aliases }));
  }

  removeUser(name: string): void {
    writeUsersFile(this.users, textWithoutUser(readUsersFile(this.users), name));
  }

  replaceCertificate({ certificate, key }: Pem): void {
    writeFileSync(this.tls.key, key);
    writeFileSync(this.tls.certificate, certificate);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
