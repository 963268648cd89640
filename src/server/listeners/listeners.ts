import { type Config, listenError } from '../../control/index.ts';
import type { Engine } from '../../dataplane/index.ts';
import { loadNative, openTcp } from '../../native/index.ts';
import type { ConnectionBudget } from '../../policy/index.ts';
import { type ClientId, familyOf, formatIp, type TransportAddress, withPort } from '../../wire/index.ts';
import type { Certificate } from '../certificate.ts';
import { portOwner } from '../port-owner.ts';
import { sidesFrom } from '../sides.ts';
import type { StreamConnection } from './stream-connection.ts';
import { StreamListener, type StreamListenerEvents, type StreamListenerSettings } from './stream-listener.ts';
import { type TlsServer, tlsServerOf } from './tls-server.ts';

/** Connections that wait to be accepted, on sockets that we open ourselves. */
export const BACKLOG = 1024;

/** How long TCP and TLS clients may take. */
export type StreamDeadlines = Pick<StreamListenerSettings, 'helloMillis' | 'firstMessageMillis' | 'allocationMillis'>;

/** First bytes and TLS handshakes take a client one or two round trips; an allocation two more and a person nothing. */
const DEADLINES: StreamDeadlines = { helloMillis: 10_000, firstMessageMillis: 10_000, allocationMillis: 30_000 };

/** One socket that clients come to; with a descriptor when it is open already. */
export interface ListeningSocket {
  readonly transport: 'udp' | 'tcp';
  readonly address: TransportAddress;
  readonly descriptor?: number | undefined;
  /** The network interface that it is, or is to be, bound to. */
  readonly device?: string | undefined;
}

/** Every port of both sides that clients come to. All of them are open, or none: a listener that can't be had is the operator's to know. */
export class Listeners {
  readonly udp: TransportAddress[] = [];
  readonly tcp: TransportAddress[] = [];
  readonly #streams: StreamListener[] = [];
  readonly #engine: Engine;
  readonly #deadlines: StreamDeadlines;
  #tls: TlsServer | undefined;

  constructor(engine: Engine, deadlines: StreamDeadlines = DEADLINES) {
    this.#engine = engine;
    this.#deadlines = deadlines;
  }

  /** `sockets` is where to listen: what the configuration says, or what a supervisor has opened for us. */
  async open(
    sockets: readonly ListeningSocket[],
    { limits }: Config,
    certificate: Certificate,
    budget: ConnectionBudget,
    events: StreamListenerEvents,
  ): Promise<void> {
    const settings = { buffer: limits.streamBuffer, ...this.#deadlines };
    const tls = tlsServerOf(certificate, this.#engine.name);
    this.#tls = tls;
    for (const { transport, address, ...how } of sockets) {
      const descriptor = how.descriptor ?? openedOn(transport, address, how.device);
      if (transport === 'udp') {
        this.udp.push(await named('udp', address, this.#engine.listen(address, descriptor)));
        continue;
      }
      const listener = new StreamListener(this.#engine, budget, settings, tls, events);
      this.tcp.push(await named('tcp', address, listener.listen(address, descriptor)));
      this.#streams.push(listener);
    }
  }

  /** Who speaks TLS with those that come. */
  get tlsBy(): TlsServer['by'] | undefined {
    return this.#tls?.by;
  }

  /** New handshakes use this certificate; what is connected stays. */
  renewCertificate(certificate: Certificate): void {
    const renewed = tlsServerOf(certificate, this.#engine.name);
    for (const listener of this.#streams) listener.renewTls(renewed);
    this.#tls?.retire();
    this.#tls = renewed;
  }

  /** The stream a client is on; undefined for UDP. */
  streamOf(client: ClientId): StreamConnection | undefined {
    for (const listener of this.#streams) {
      const connection = listener.connectionOf(client);
      if (connection !== undefined) return connection;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.#streams.map(listener => listener.close()));
    this.#tls?.retire();
  }
}

/** Where clients come to according to the configuration. */
export function socketsOf(config: Config): ListeningSocket[] {
  return sidesFrom(config).flatMap(({ addresses, udp, tcp, device }) => {
    const on = (transport: 'udp' | 'tcp', ports: readonly number[]) =>
      addresses.all.flatMap(({ local }) => ports.map(port => ({ transport, address: withPort(local, port), device })));
    return [...on('udp', udp), ...on('tcp', tcp)];
  });
}

/** Node's own listeners know nothing of network interfaces: such a socket is opened for them. */
export function openedOn(
  transport: 'udp' | 'tcp',
  address: TransportAddress,
  device: string | undefined,
): number | undefined {
  const native = device === undefined || transport === 'udp' ? 'not needed' : loadNative();
  if (typeof native === 'string') return undefined;
  try {
    return openTcp(native.libc, address, { family: familyOf(address), reusePort: false, device, backlog: BACKLOG });
  } catch (cause) {
    throw notListening(cause, transport, address);
  }
}

async function named<T>(transport: 'udp' | 'tcp', address: TransportAddress, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (cause) {
    throw notListening(cause, transport, address);
  }
}

/** A failure in the operator's words, with the process that holds the port where the system tells. */
export function notListening(cause: unknown, transport: 'udp' | 'tcp', { port, ...ip }: TransportAddress) {
  const what = transport === 'udp' ? 'UDP listener' : 'TCP listener';
  return listenError(cause, what, formatIp(ip), port, portOwner(transport, port));
}
