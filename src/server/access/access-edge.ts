import type { SecureContext, TLSSocket } from 'node:tls';
import { listenError } from '../../control/index.ts';
import { ConnectionBudget, type ConnectionLimits } from '../../policy/index.ts';
import {
  type AnswerTable,
  type Attempt,
  type Denial,
  type Flow,
  type FlowId,
  type FlowSide,
  type NextHop,
  type SipCounts,
  type SipEffect,
  type SipQuestions,
  type SipRefused,
  SipServer,
  type SipSettings,
  type SipUser,
} from '../../sip/index.ts';
import { formatIp } from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { DeadlineTimer } from '../deadline-timer.ts';
import { portOwner } from '../port-owner.ts';
import { Federation, type FederationSettings, type PartnerNews } from './federation.ts';
import { HopConnector, type HopTrust, localOf } from './hop-connector.ts';
import { SipConnection } from './sip-connection.ts';
import type { OnLine, SipLine, SipLineEvents, SipListenerSettings } from './sip-line.ts';
import { type NotLetIn, SipListener } from './sip-listener.ts';
import type { Presented, ShownCertificate } from './tls-door.ts';

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
  /** Undefined: certificates are asked of nobody. */
  readonly federation?: FederationSettings | undefined;
}

export interface AccessEdgeEvents {
  onRefusal(reason: Refused, whence: Whence | undefined): void;
  /** A connection was not let in. */
  onConnectionRefused?(refused: NotLetIn, way: AccessWay): void;
  /** Told at every REGISTER that is granted, too; of a connection that we opened, whence it comes is not known. */
  onRegistration(change: 'registered' | 'unregistered', record: string, whence: Whence | undefined): void;
  onPartner(news: PartnerNews): void;
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
  readonly #ports: number[] = [];
  readonly #hops: HopConnector;
  readonly #federation: Federation | undefined;
  readonly #shown = new Map<FlowId, ShownCertificate | undefined>();
  readonly #timer = new DeadlineTimer(clock.now, () => this.#perform(this.#server.onDeadline(clock.now())));
  #lastFlow = 0;
  #isClosed = false;

  constructor(settings: AccessEdgeSettings, questions: SipQuestions, events: AccessEdgeEvents) {
    this.#settings = settings;
    this.#events = events;
    const { federation, hops } = settings;
    this.#federation = federation && new Federation(federation, hops.connectMillis, news => events.onPartner(news));
    this.#server = new SipServer({ ...settings.sip, partners: federation?.partners }, questions);
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
  async listen(certificate: Presented | undefined): Promise<number[]> {
    const budget = new ConnectionBudget(this.#settings.connections);
    for (const way of this.#settings.ways) {
      let port = way.address.port;
      const onLine: OnLine = (line, remote, shown) => this.#onLine(way, port, line, remote, shown);
      const onRefused = (refused: NotLetIn) => this.#events.onConnectionRefused?.(refused, way);
      const trust = way.side === 'external' ? this.#settings.federation : undefined;
      const listener = new SipListener(way, budget, certificate, onLine, onRefused, trust);
      this.#listeners.push(listener);
      port = await opened(listener, way);
      this.#ports.push(port);
    }
    return this.#ports;
  }

  /** New handshakes with clients use it, and check partners' certificates with these authorities. */
  renewCertificate(certificate: Presented, authorities?: string): void {
    for (const listener of this.#listeners) listener.renewCertificate(certificate, authorities);
  }

  /** The same with servers that we connect to. */
  renewHopContext(context: SecureContext): void {
    this.#hops.renewContext(context);
  }

  /** Whose password this is; wrong ones count together with those of SIP. */
  checkPassword(username: string, password: string, address: string): SipUser | Denial {
    return this.#server.checkPassword(username, password, address, clock.now());
  }

  /** Before another checks a password; what he says is told to `end`, once. */
  beginPassword(username: string, address: string): Attempt | 'locked-out' | 'too-many-at-once' {
    return this.#server.beginPassword(username, address, clock.now());
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
    this.#isClosed = true;
    this.#timer.stop();
    this.#hops.close();
    this.#federation?.close();
    await Promise.all(this.#listeners.map(listener => listener.close()));
  }

  #onLine(
    way: AccessWay,
    port: number,
    line: Parameters<OnLine>[0],
    remote: Flow['remote'],
    shown?: ShownCertificate,
  ): void {
    const claim = this.#federation?.claimOf(shown) ?? {};
    const leave = claim.partner && this.#federation?.admit(claim.partner, remote);
    if (claim.partner !== undefined && leave === undefined) {
      this.#events.onRefusal('partner-connections', { transport: way.transport, side: 'partner', remote });
      line(DEAF).end();
      return;
    }
    const id = this.#nextFlow();
    const { transport, name } = way;
    const side = claim.partner === undefined ? way.side : 'partner';
    const isTrusted = side === 'internal' && this.#settings.isServerInside?.(remote.host) === true;
    this.#flows.set(id, { transport, side, remote });
    if (shown !== undefined) this.#shown.set(id, shown);
    this.#server.onFlowOpened({ id, transport, side, remote, local: { host: name, port }, isTrusted, ...claim });
    this.#lines.set(id, line(this.#eventsOf(id, leave)));
  }

  /** One connection serves both directions, so partners are told where to open another when it is lost. */
  async #connectPartner(hop: NextHop): Promise<void> {
    const dialled = await this.#federation!.dial(hop, this.#hops.context);
    if (this.#isClosed) return;
    if ('failed' in dialled) {
      this.#perform(this.#server.onHopFailed(hop, clock.now(), dialled.failed));
      return;
    }
    const { socket, partner, remote } = dialled;
    const id = this.#nextFlow();
    const local = this.#reachedByPartners(socket);
    const transport = 'TLS';
    const flow: Flow = { id, transport, side: 'partner', remote, local, isTrusted: false, partner };
    this.#flows.set(id, { transport, side: 'partner', remote });
    this.#lines.set(id, new SipConnection(socket, this.#settings.hops.limits, this.#eventsOf(id), true));
    this.#perform(this.#server.onHopOpened(hop, flow, clock.now()));
  }

  #reachedByPartners(socket: TLSSocket): Flow['local'] {
    const { ways } = this.#settings;
    const i = ways.findIndex(({ transport, side }) => transport === 'TLS' && side === 'external');
    return i < 0 ? localOf(socket) : { host: ways[i]!.name, port: this.#ports[i]! };
  }

  #eventsOf(id: FlowId, leave?: () => void): SipLineEvents {
    return {
      onArrival: arrival => this.#perform(this.#server.onArrival(id, arrival, clock.now())),
      onEnd: () => {
        this.#lines.delete(id);
        this.#perform(this.#server.onFlowClosed(id, clock.now()));
        this.#flows.delete(id);
        this.#shown.delete(id);
        leave?.();
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
        if (effect.hop.side === 'partner') void this.#connectPartner(effect.hop);
        else this.#hops.connect(effect.hop);
        break;
      case 'count-refusal':
        this.#onRefused(effect);
        break;
      case 'registered':
      case 'unregistered':
        this.#events.onRegistration(effect.do, effect.record, this.#flows.get(effect.flow));
    }
  }

  #onRefused({ refusal, flow, domain }: Extract<SipEffect, { do: 'count-refusal' }>): void {
    const whence = this.#flows.get(flow);
    this.#events.onRefusal(refusal, whence);
    if (domain === undefined || whence === undefined || refusal === 'no-relaying') return;
    this.#federation?.onRefused(refusal as SipRefused, domain, whence.remote.host, this.#shown.get(flow));
  }

  #nextFlow(): FlowId {
    return ++this.#lastFlow as FlowId;
  }
}

/** For a connection that is closed unheard. */
const DEAF: SipLineEvents = { onArrival() {}, onEnd() {} };

async function opened(listener: SipListener, { address, transport }: AccessWay): Promise<number> {
  try {
    return await listener.listen();
  } catch (cause) {
    const what = `access.${transport.toLowerCase()} listener`;
    throw listenError(cause, what, formatIp(address), address.port, portOwner('tcp', address.port));
  }
}
