import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUsersText, textWithUser } from '../../src/credentials/sip/index.ts';
import { type ConfigInput, createEdge, type Edge } from '../../src/index.ts';
import { readUsersFile, writeUsersFile } from '../../src/server/index.ts';
import { makeLog } from '../../src/server/log.ts';
import { Authority, type Issued } from './authority.ts';
import type { Pem } from './certificates.ts';
import { freeTcpPort } from './free-ports.ts';
import { SipPhone } from './sip-phones.ts';

type LogLine = Record<string, unknown> & { msg: string; level: string };

export interface FederatedEdgeOptions {
  readonly domain: string;
  readonly port?: number;
  /** What its certificate says; by default its domain. */
  readonly issued?: Issued;
  /** Who has issued it; by default the authority that all trust. */
  readonly authority?: Authority;
  readonly federation: ConfigInput['federation'];
  readonly access?: Partial<NonNullable<ConfigInput['access']>>;
}

/** An Access Edge on loopback with the users alice and bob of its domain, and what it has logged. */
export interface FederatedEdge {
  readonly edge: Edge;
  readonly domain: string;
  readonly port: number;
  readonly log: LogLine[];
  /** A user of its, signed in. */
  phone(name: string): Promise<SipPhone>;
  close(): Promise<void>;
}

/** Edges of several domains, and the authority that they trust. */
export class FederatedEdges {
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-federation-'));
  readonly authority: Authority;
  readonly #open: { close(): unknown }[] = [];
  #number = 0;

  static async make(): Promise<FederatedEdges> {
    return new FederatedEdges(await Authority.make('Federation test'));
  }

  private constructor(authority: Authority) {
    this.authority = authority;
    writeFileSync(this.authorities, authority.certificate);
  }

  get authorities(): string {
    return join(this.folder, 'authorities.pem');
  }

  async start(options: FederatedEdgeOptions): Promise<FederatedEdge> {
    const { domain, port = await freeTcpPort(), federation, access, authority = this.authority } = options;
    const log: LogLine[] = [];
    const edge = await createEdge(
      {
        external: { address: '127.0.0.1', udp: 0, tcp: 0, peers: { allow: ['127.0.0.0/8'] } },
        credentials: { secrets: ['north-wind'] },
        tls: this.#files(await authority.issue(options.issued ?? { dns: [domain] })),
        access: { users: this.#users(domain), tls: port, wss: [], authorities: this.authorities, ...access },
        ...(federation === undefined ? {} : { federation }),
      },
      { log: makeLog('debug', { write: line => void log.push(JSON.parse(line)) }) },
    );
    this.#open.push(edge);
    const phone = async (name: string) => {
      const made = await this.phone({ name, domain, port });
      await made.signIn();
      return made;
    };
    return { edge, domain, port, log, phone, close: async () => void (await edge.close()) };
  }

  /** A connection over TLS, closed with the rest. */
  async phone(options: Parameters<typeof SipPhone.overTls>[0]): Promise<SipPhone> {
    const phone = await SipPhone.overTls(options);
    this.#open.push(phone);
    return phone;
  }

  async close(): Promise<void> {
    for (const one of this.#open.splice(0).toReversed()) await one.close();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #files({ certificate, key }: Pem): { certificate: string; key: string } {
    const paths = { certificate: this.#path('pem'), key: this.#path('key') };
    writeFileSync(paths.certificate, certificate);
    writeFileSync(paths.key, key);
    return paths;
  }

  #users(domain: string): string {
    const path = this.#path('yaml');
    writeFileSync(path, newUsersText(domain));
    for (const name of ['alice', 'bob'])
      writeUsersFile(path, textWithUser(readUsersFile(path), { name, password: `${name}-password` }));
    return path;
  }

  #path(kind: string): string {
    return join(this.folder, `${++this.#number}.${kind}`);
  }
}
