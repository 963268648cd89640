import { type Config, listenError } from '../../control/index.ts';
import type { Engine } from '../../dataplane/index.ts';
import type { ConnectionBudget } from '../../policy/index.ts';
import { type ClientId, formatIp, type IpAddress, type TransportAddress, withPort } from '../../wire/index.ts';
import type { Certificate } from '../certificate.ts';
import { portOwner } from '../port-owner.ts';
import type { StreamConnection } from './stream-connection.ts';
import { StreamListener, type StreamListenerEvents, type StreamListenerSettings } from './stream-listener.ts';

/** How long TCP and TLS clients may take. */
export type StreamDeadlines = Pick<StreamListenerSettings, 'helloMillis' | 'firstMessageMillis' | 'allocationMillis'>;

/** First bytes and TLS handshakes take a client one or two round trips; an allocation two more and a person nothing. */
const DEADLINES: StreamDeadlines = { helloMillis: 10_000, firstMessageMillis: 10_000, allocationMillis: 30_000 };

/** Every port the external side listens on. All of them are open, or none: a listener that can't be had is the operator's to know. */
export class Listeners {
  readonly udp: TransportAddress[] = [];
  readonly tcp: TransportAddress[] = [];
  readonly #streams: StreamListener[] = [];
  readonly #engine: Engine;
  readonly #deadlines: StreamDeadlines;

  constructor(engine: Engine, deadlines: StreamDeadlines = DEADLINES) {
    this.#engine = engine;
    this.#deadlines = deadlines;
  }

  async open(
    config: Config,
    certificate: Certificate,
    budget: ConnectionBudget,
    events: StreamListenerEvents,
  ): Promise<void> {
    const { addresses, udp, tcp } = config.external;
    for (const [address, port] of pairs(addresses, udp)) {
      this.udp.push(await named('UDP listener', 'udp', address, port, this.#engine.listen(withPort(address, port))));
    }
    const settings = { buffer: config.limits.streamBuffer, ...this.#deadlines };
    for (const [address, port] of pairs(addresses, tcp)) {
      const listener = new StreamListener(this.#engine, budget, settings, certificate.context, events);
      this.tcp.push(await named('TCP listener', 'tcp', address, port, listener.listen(withPort(address, port))));
      this.#streams.push(listener);
    }
  }

  renewCertificate(certificate: Certificate): void {
    for (const listener of this.#streams) listener.renewCertificate(certificate.context);
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
  }
}

function pairs(addresses: readonly IpAddress[], ports: readonly number[]): [IpAddress, number][] {
  return addresses.flatMap(address => ports.map((port): [IpAddress, number] => [address, port]));
}

/** A failure in the operator's words, with the process that holds the port where the system tells. */
async function named<T>(
  what: string,
  protocol: 'udp' | 'tcp',
  address: IpAddress,
  port: number,
  opening: Promise<T>,
): Promise<T> {
  try {
    return await opening;
  } catch (cause) {
    throw listenError(cause, what, formatIp(address), port, portOwner(protocol, port));
  }
}
