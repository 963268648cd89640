import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from './authority.ts';
import { freeTcpPort } from './free-ports.ts';
import { Program, run } from './program.ts';

const BASE = 'dc=example,dc=test';

/** OpenLDAP's server on loopback, in a folder of its own: `ldaps` and `ldap` (with StartTLS), and entries below `ou=people`. */
export class Slapd {
  /** By name, as its certificate has it. */
  readonly ldaps: string;
  readonly ldap: string;
  /** PEM file with the authority of its certificate. */
  readonly authorities: string;
  readonly #folder: string;
  readonly #uris: string;
  #program: Program | undefined;

  /** `passwords`: of each user, by the value of his `uid`. */
  static async start(passwords: Readonly<Record<string, string>>): Promise<Slapd> {
    const [tlsPort, port] = [await freeTcpPort(), await freeTcpPort()];
    const slapd = new Slapd(tlsPort, port);
    const authority = await Authority.make('directory');
    const { certificate, key } = await authority.issue({ dns: ['localhost'] });
    slapd.#write('ca.pem', authority.certificate);
    slapd.#write('server.pem', certificate);
    slapd.#write('server.key', key);
    slapd.#write('slapd.conf', slapd.#config());
    slapd.#write('people.ldif', ldifOf(passwords));
    mkdirSync(join(slapd.#folder, 'data'));
    const added = await run('slapadd', ['-f', slapd.#path('slapd.conf'), '-l', slapd.#path('people.ldif')]);
    if (added.status !== 0) throw new Error(added.output);
    await slapd.open();
    return slapd;
  }

  private constructor(tlsPort: number, port: number) {
    this.#folder = mkdtempSync(join(tmpdir(), 'sallyport-slapd-'));
    this.authorities = this.#path('ca.pem');
    this.ldaps = `ldaps://localhost:${tlsPort}`;
    this.ldap = `ldap://localhost:${port}`;
    this.#uris = `${this.ldaps}/ ${this.ldap}/`;
  }

  async open(): Promise<void> {
    const program = new Program('slapd', ['-f', this.#path('slapd.conf'), '-h', this.#uris, '-d', '256']);
    this.#program = program;
    await program.until(() => program.output.includes('slapd starting'));
  }

  /** Every bind that it was asked for, as its log has them: `BIND dn="..." method=128`. */
  get binds(): string[] {
    return this.#program?.output.match(/BIND dn="[^\n]* method=\d+/g) ?? [];
  }

  /** Nobody answers any more, until `open`. */
  stop(): Promise<void> {
    return this.#program?.stop() ?? Promise.resolve();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #config(): string {
    return [
      'include /etc/ldap/schema/core.schema',
      'include /etc/ldap/schema/cosine.schema',
      'include /etc/ldap/schema/inetorgperson.schema',
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      'allow bind_anon_cred', // the trap: a name without a password is told that all is well
      `TLSCertificateFile ${this.#path('server.pem')}`,
      `TLSCertificateKeyFile ${this.#path('server.key')}`,
      'database mdb',
      'maxsize 10485760',
      `suffix "${BASE}"`,
      `directory ${this.#path('data')}`,
      '',
    ].join('\n');
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #write(name: string, text: string): void {
    writeFileSync(this.#path(name), text, { mode: 0o600 });
  }
}

function ldifOf(passwords: Readonly<Record<string, string>>): string {
  const entry = (dn: string, ...lines: string[]) => [`dn: ${dn}`, ...lines, ''].join('\n');
  return [
    entry(BASE, 'objectClass: dcObject', 'objectClass: organization', 'dc: example', 'o: Example'),
    entry(`ou=people,${BASE}`, 'objectClass: organizationalUnit', 'ou: people'),
    ...Object.entries(passwords).map(([uid, password]) =>
      entry(
        `uid=${uid.replaceAll('+', '\\2B')},ou=people,${BASE}`,
        'objectClass: inetOrgPerson',
        `uid: ${uid}`,
        `cn: ${uid}`,
        `sn: ${uid}`,
        `userPassword:: ${Buffer.from(password).toString('base64')}`,
      ),
    ),
  ].join('\n');
}
