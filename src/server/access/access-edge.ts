import type { SecureContext } from 'node:tls';
import { ConnectionBudget, type ConnectionLimits } from '../../policy/index.ts';
import {
  type Flow,
  type FlowId,
  type FlowSide,
  type SipCounts,
  type SipEffect,
  type SipQuestions,
  SipServer,
  type SipSettings,
} from '../../sip/index.ts';
import { clock } from '../clock.ts';
import { DeadlineTimer } from '../deadline-timer.ts';
import { HopConnector, type HopTrust } from './hop-connector.ts';
import type { SipLine, SipLineEvents } from './sip-line.ts';
import { type OnLine, SipListener, type SipListenerSettings } from './sip-listener.ts';

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
}

export interface AccessEdgeEvents {
  onRefusal(reason: string, flow: FlowId): void;
  onRegistration(change: 'registered' | 'unregistered', record: string): void;
}

/** The Access Edge: sockets, clock and dice around a SipServer. */
export class AccessEdge {
  readonly #server: SipServer;
  readonly #settings: AccessEdgeSettings;
  readonly #events: AccessEdgeEvents;
  readonly #lines = new Map<FlowId, SipLine>();
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
      const listener = new SipListener(way, budget, certificate, (line, remote) =>
        this.#onLine(way, port, line, remote),
      );
      this.#listeners.push(listener);
      port = await listener.listen();
      ports.push(port);
    }
    return ports;
  }

  renewCertificate(certificate: SecureContext): void {
    for (const listener of this.#listeners) listener.renewCertificate(certificate);
  }

  /** A user is no longer, or has another password. */
  revoke(record: string): void {
    this.#perform(this.#server.revoke(record, clock.now()));
  }

  notify(...[record, notice]: [string, Parameters<SipServer['notify']>[1]]): void {
    this.#perform(this.#server.notify(record, notice, clock.now()));
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
    this.#server.onFlowOpened({ id, transport, side, remote, local: { host: name, port }, isTrusted: false });
    this.#lines.set(id, line(this.#eventsOf(id)));
  }

  #eventsOf(id: FlowId): SipLineEvents {
    return {
      onArrival: arrival => this.#perform(this.#server.onArrival(id, arrival, clock.now())),
      onEnd: () => {
        this.#lines.delete(id);
        this.#perform(this.#server.onFlowClosed(id, clock.now()));
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
        this.#events.onRefusal(effect.refusal, effect.flow);
        break;
      case 'registered':
      case 'unregistered':
        this.#events.onRegistration(effect.do, effect.record);
    }
  }

  #nextFlow(): FlowId {
    return ++this.#lastFlow as FlowId;
  }
}
