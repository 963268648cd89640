import type { SecureContext } from 'node:tls';
import { listenError } from '../../control/index.ts';
import { ConnectionBudget, type ConnectionLimits, type ConnectionRefusal } from '../../policy/index.ts';
import {
  type AnswerTable,
  type Denial,
  type Flow,
  type FlowId,
  type FlowSide,
  type SipCounts,
  type SipEffect,
  type SipQuestions,
  SipServer,
  type SipSettings,
  type SipUser,
} from '../../sip/index.ts';
import { formatIp } from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { DeadlineTimer } from '../deadline-timer.ts';
import { portOwner } from '../port-owner.ts';
import { HopConnector, type HopTrust } from './hop-connector.ts';
import type { OnLine, SipLine, SipLineEvents, SipListenerSettings } from './sip-line.ts';
import { SipListener } from './sip-listener.ts';

/** One way in: where to listen, which side it is, and by what name clients reach it. */
export interface AccessWay extends SipListenerSettings {
  readonly side: FlowSide;
  readonly name: string;
}

export interface AccessEdgeSettings {
  readonly sip: SipSettings;
  readonly ways: readonly AccessWay[];
  readonly connections: ConnectionLimits;
  readonly hops: HopTrust;
  /** Whether what comes to an internal listener from this address comes from the server inside, and needs no password. */
  readonly isServerInside?: (host: string) => boolean;
}

export interface AccessEdgeEvents {
  onRefusal(reason: Refused, whence: Whence | undefined): void;
  /** A connection was not let in. */
  onConnectionRefused?(reason: ConnectionRefusal): void;
  /** Told at every REGISTER that is granted, too; of a connection that we opened, whence it comes is not known. */
  onRegistration(change: 'registered' | 'unregistered', record: string, whence: Whence | undefined): void;
}

export type Refused = Extract<SipEffect, { do: 'count-refusal' }>['refusal'];

/** What log lines say of a flow. */
export type Whence = Pick<Flow, 'transport' | 'side' | 'remote'>;

/** The Access Edge: sockets, clock and dice around a SipServer. */
export class AccessEdge {
  readonly #server: SipServer;
  readonly #settings: AccessEdgeSettings;
  readonly #events: AccessEdgeEvents;
  readonly #lines = new Map<FlowId, SipLine>();
  readonly #flows = new Map<FlowId, Whence>();
  readonly #listeners: SipListener[] = [];
  readonly #hops: HopConnector;
  readonly #timer = new DeadlineTimer(clock.now, () => this.#perform(this.#server.onDeadline(clock.now())));
  #lastFlow = 0;

  constructor(settings: AccessEdgeSettings, questions: SipQuestions, events: AccessEdgeEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#server = new SipServer(settings.sip, questions);
    this.#hops = new HopConnector(settings.hops, {
      opened: (hop, local, line) => {
        const id = this.#nextFlow();
        const remote = { host: hop.host, port: hop.port };
        const isTrusted = hop.side === 'internal';
        const flow: Flow = { id, transport: hop.transport, side: hop.side, remote, local, isTrusted };
        this.#lines.set(id, line(this.#eventsOf(id)));
        this.#perform(this.#server.onHopOpened(hop, flow, clock.now()));
      },
      failed: hop => this.#perform(this.#server.onHopFailed(hop, clock.now())),
    });
  }

  /** Opens every way in; resolves to the ports, in their order. */
  async listen(certificate: SecureContext | undefined): Promise<number[]> {
    const budget = new ConnectionBudget(this.#settings.connections);
    const ports: number[] = [];
    for (const way of this.#settings.ways) {
      let port = way.address.port;
      const listener = new SipListener(
        way,
        budget,
        certificate,
        (line, remote) => this.#onLine(way, port, line, remote),
        why => this.#events.onConnectionRefused?.(why),
      );
      this.#listeners.push(listener);
      port = await opened(listener, way);
      ports.push(port);
    }
    return ports;
  }

  /** New handshakes with clients use it. */
  renewCertificate(certificate: SecureContext): void {
    for (const listener of this.#listeners) listener.renewCertificate(certificate);
  }

  /** The same with servers that we connect to. */
  renewHopContext(context: SecureContext): void {
    this.#hops.renewContext(context);
  }

  /** Whose password this is; wrong ones count together with those of SIP. */
  checkPassword(username: string, password: string, address: string): SipUser | Denial {
    return this.#server.checkPassword(username, password, address, clock.now());
  }

  isRegistered(record: string): boolean {
    return this.#server.isRegistered(record, clock.now());
  }

  /** A user is no longer, or has another password. */
  revoke(record: string): void {
    this.#perform(this.#server.revoke(record, clock.now()));
  }

  notify(...[record, notice]: [string, Parameters<SipServer['notify']>[1]]): void {
    this.#perform(this.#server.notify(record, notice, clock.now()));
  }

  answers(): AnswerTable {
    return this.#server.answers();
  }

  counts(): SipCounts {
    return this.#server.counts();
  }

  async close(): Promise<void> {
    this.#timer.stop();
    this.#hops.close();
    await Promise.all(this.#listeners.map(listener => listener.close()));
  }

  #onLine(way: AccessWay, port: number, line: Parameters<OnLine>[0], remote: Flow['remote']): void {
    const id = this.#nextFlow();
    const { transport, side, name } = way;
    const isTrusted = side === 'internal' && this.#settings.isServerInside?.(remote.host) === true;
    this.#flows.set(id, { transport, side, remote });
    this.#server.onFlowOpened({ id, transport, side, remote, local: { host: name, port }, isTrusted });
    this.#lines.set(id, line(this.#eventsOf(id)));
  }

  #eventsOf(id: FlowId): SipLineEvents {
    return {
      onArrival: arrival => this.#perform(this.#server.onArrival(id, arrival, clock.now())),
      onEnd: () => {
        this.#lines.delete(id);
        this.#perform(this.#server.onFlowClosed(id, clock.now()));
        this.#flows.delete(id);
      },
    };
  }

  #perform(effects: readonly SipEffect[]): void {
    for (const effect of effects) this.#do(effect);
    this.#timer.expect(this.#server.nextDeadline());
  }

  #do(effect: SipEffect): void {
    switch (effect.do) {
      case 'send':
        this.#lines.get(effect.flow)?.send(effect.bytes);
        break;
      case 'close':
        this.#lines.get(effect.flow)?.end();
        break;
      case 'connect':
        this.#hops.connect(effect.hop);
        break;
      case 'count-refusal':
        this.#events.onRefusal(effect.refusal, this.#flows.get(effect.flow));
        break;
      case 'registered':
      case 'unregistered':
        this.#events.onRegistration(effect.do, effect.record, this.#flows.get(effect.flow));
    }
  }

  #nextFlow(): FlowId {
    return ++this.#lastFlow as FlowId;
  }
}

async function opened(listener: SipListener, { address, transport }: AccessWay): Promise<number> {
  try {
    return await listener.listen();
  } catch (cause) {
    const what = `access.${transport.toLowerCase()} listener`;
    throw listenError(cause, what, formatIp(address), address.port, portOwner('tcp', address.port));
  }
}
