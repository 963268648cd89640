import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { certificateNames, type HopFailure, type NextHop, type Partners, type ProvenPartner } from '../../sip/index.ts';
import type { PartnerTarget, PartnerTargets } from './partner-targets.ts';

/** A connection to a partner whose certificate names the domain. */
export interface Dialled {
  readonly socket: TLSSocket;
  readonly partner: ProvenPartner;
  readonly remote: { readonly host: string; readonly port: number };
}
/** Why there is none, and what the last of its targets had to say. */
export interface NotDialled {
  readonly failed: HopFailure;
  readonly detail: string;
}

/** One whose other end is gone without a word is noticed before somebody wants to call. */
const KEEP_ALIVE_MILLIS = 30_000;
/** What is wrong with a certificate says more than that another target does not answer. */
const TELLING: readonly HopFailure[] = ['hop-misnamed', 'hop-untrusted'];
const NOT_ANY_MORE: NotDialled = { failed: 'hop-failed', detail: 'no partner any more' };
const MISNAMED = 'CERTIFICATE_DOES_NOT_NAME_DOMAIN';

/** Connects to partners by mutual TLS: ours is presented, theirs checked to name the domain (RFC 5922 §7.3). */
export class PartnerDialer {
  readonly #partners: Partners;
  readonly #targets: PartnerTargets;
  readonly #connectMillis: number;
  readonly #sockets = new Set<TLSSocket>();
  #isClosed = false;

  constructor(partners: Partners, targets: PartnerTargets, connectMillis: number) {
    this.#partners = partners;
    this.#targets = targets;
    this.#connectMillis = connectMillis;
  }

  /** Tries one target after the other. `ours` has our certificate and the authorities that we trust. */
  async dial({ host: domain }: NextHop, ours: SecureContext | undefined): Promise<Dialled | NotDialled> {
    const partner = this.#partners.of(domain);
    if (partner === undefined) return NOT_ANY_MORE;
    const targets = await this.#targets.of(partner, domain);
    if (typeof targets === 'string') return { failed: targets, detail: '' };
    let worst: NotDialled | undefined;
    for (const target of targets) {
      if (this.#isClosed) return NOT_ANY_MORE;
      const tried = await this.#try(target, domain, ours);
      if ('socket' in tried) return tried;
      if (worst === undefined || TELLING.includes(tried.failed)) worst = tried;
    }
    return worst ?? NOT_ANY_MORE;
  }

  /** Ends every connection that it has opened. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #try(target: PartnerTarget, domain: string, ours: SecureContext | undefined): Promise<Dialled | NotDialled> {
    const { address, port, serverName } = target;
    let proven: ProvenPartner | undefined;
    const socket = connect({
      host: address,
      port,
      servername: serverName,
      ALPNProtocols: ['sip'],
      ...(ours === undefined ? {} : { secureContext: ours }),
      checkServerIdentity: (_, { subjectaltname }) => {
        proven = this.#partners.proven(certificateNames(subjectaltname));
        return proven?.domains.includes(domain) ? undefined : Object.assign(new Error(MISNAMED), { code: MISNAMED });
      },
    });
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MILLIS);
    this.#sockets.add(socket);
    return new Promise(resolve => {
      const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      let why = `${where}: no answer in ${this.#connectMillis} ms`;
      const late = setTimeout(() => socket.destroy(), this.#connectMillis);
      socket.once('error', (error: NodeJS.ErrnoException) => {
        why = `${where}: ${error.code ?? error.message}`;
      });
      socket.once('close', () => {
        clearTimeout(late);
        this.#sockets.delete(socket);
        resolve({ failed: failureOf(socket), detail: why });
      });
      socket.once('secureConnect', () => {
        clearTimeout(late);
        resolve({ socket, partner: proven!, remote: { host: address, port } });
      });
    });
  }
}

function failureOf({ authorizationError }: TLSSocket): HopFailure {
  if (!authorizationError) return 'hop-unreachable';
  return String(authorizationError) === MISNAMED ? 'hop-misnamed' : 'hop-untrusted';
}
