import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { Client, ResultCodeError } from 'ldapts';
import type { LdapConfig } from '../../control/index.ts';
import { bindName } from './ldap-names.ts';

const ANSWER_MILLIS = 3_000;
/** RFC 4511 §4.14.1. */
const START_TLS = '1.3.6.1.4.1.1466.20037';
/**
 * RFC 4511 §A.2: results by which a directory refuses this user with this password, and not us. Besides invalidCredentials: there is no such
 * entry (32), it has no password (48), or it is locked (19 and 53 of 389 Directory Server).
 */
const REFUSED: readonly number[] = [19, 32, 48, 49, 53];
const NO_URL = 'ldap://is.connected'; // wanted by the library, which is handed a connection

/** A directory that knows passwords: it is asked by a simple bind (RFC 4513 §5.1.3), on a connection for that alone. */
export class LdapDirectory {
  readonly #config: LdapConfig;
  readonly #context: SecureContext;

  /** `authorities`: PEM; undefined: Node.js's own list. Throws what OpenSSL says of them. */
  constructor(config: LdapConfig, authorities: string | undefined) {
    this.#config = config;
    this.#context = createSecureContext({ ...(authorities && { ca: authorities }), minVersion: 'TLSv1.2' });
  }

  /** Whether this is the password of this user; rejects when the directory does not say, within three seconds. */
  async isPassword(user: string, password: string): Promise<boolean> {
    if (password === '') return false; // a bind without a password succeeds, and proves nothing (RFC 4513 §5.1.2)
    const { host, port } = this.#config.server;
    const tcp = connectTcp({ host, port });
    try {
      await within(ANSWER_MILLIS, this.#bind(tcp, bindName(this.#config.bind, user), password));
      return true;
    } catch (error) {
      if (error instanceof ResultCodeError && REFUSED.includes(error.code)) return false;
      throw error;
    } finally {
      tcp.destroy();
    }
  }

  async #bind(tcp: Socket, name: string, password: string): Promise<void> {
    tcp.on('error', () => {}); // whoever waits for something hears of it
    await once(tcp, 'connect');
    await clientOn(await this.#privateLine(tcp)).bind(name, password);
  }

  /** What was said before TLS is forgotten with its client: half an answer that somebody in between has put there would be completed inside. */
  async #privateLine(tcp: Socket): Promise<Socket> {
    const { server, startTls } = this.#config;
    if (!server.isSecure && !startTls) return tcp;
    if (startTls) {
      await clientOn(tcp).exop(START_TLS);
      tcp.removeAllListeners('data');
    }
    const { host } = server;
    const named = isIP(host) === 0 ? { servername: host } : {};
    const tls = connectTls({ socket: tcp, host, ...named, secureContext: this.#context, rejectUnauthorized: true });
    tls.on('error', () => {});
    await once(tls, 'secureConnect');
    return tls;
  }
}

/** On this connection and no other: the library would connect anew by itself, and show the password there. */
function clientOn(line: Socket): Client {
  return new Client({ url: NO_URL, createConnection: () => line });
}

/** What went wrong, for a log line: nothing of what the directory was told. */
export function whyOf(error: unknown): string {
  if (error instanceof ResultCodeError) return `LDAP result ${error.code}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

async function within<T>(millis: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${millis / 1000} seconds`)), millis);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
