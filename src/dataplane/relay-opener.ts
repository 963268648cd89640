import { strict as assert } from 'node:assert';
import { familyOf, IdTable, type IpAddress, type RelayAddress, type RelayId, withPort } from '../wire/index.ts';
import type { ClientRecord } from './clients.ts';
import type { EngineSettings, RelayAsk, RelayFailure, Upcalls } from './engine.ts';
import type { Forwarder } from './forwarder.ts';
import { type PortGrant, type PortUse, RelayPorts } from './relay-ports.ts';
import type { TcpSockets } from './tcp-sockets.ts';

/** Ports that may turn out to be taken by other programs before an opening is given up. */
const TRIES = 64;

export type BindOutcome = 'bound' | 'in-use' | 'denied';

/** How an engine makes and closes relay sockets. */
export interface RelaySockets {
  /** Binds the relay's socket and answers, at once or later. After `closeRelay` no answer is listened to. */
  bindRelay(relay: RelayId, ip: IpAddress, port: number, answer: (outcome: BindOutcome) => void): void;
  /** Closes the relay's socket, bound or not; its port can be bound again when this returns. */
  closeRelay(relay: RelayId): void;
  /** Runs a task soon, never within this call. */
  soon(task: () => void): void;
}

interface Relay {
  readonly ask: RelayAsk;
  readonly client: ClientRecord;
  /** Ports that other programs have: kept out of the draw until the relay is open or given up. */
  readonly foreign: PortGrant[];
  grant: PortGrant | undefined;
  state: 'opening' | 'open' | 'closed';
}

/** Opens and closes relays: draws ports until one can be bound, and keeps the client as long as its relay. */
export class RelayOpener {
  readonly #forwarder: Forwarder;
  readonly #sockets: RelaySockets;
  readonly #tcp: TcpSockets | undefined;
  readonly #upcalls: Upcalls;
  readonly #ports: RelayPorts;
  readonly #relays = new IdTable<RelayId, Relay>();

  constructor(forwarder: Forwarder, sockets: RelaySockets, tcp: TcpSockets | undefined, settings: EngineSettings) {
    this.#tcp = tcp;
    this.#forwarder = forwarder;
    this.#sockets = sockets;
    this.#upcalls = settings.upcalls;
    this.#ports = new RelayPorts(settings.relayPorts, settings.random);
  }

  get relays(): RelayId[] {
    return [...this.#relays].map(({ ask }) => ask.relay);
  }

  portUse(ip: IpAddress): PortUse {
    return this.#ports.use(ip);
  }

  open(ask: RelayAsk): void {
    assert(!this.#relays.has(ask.relay), `relay ${ask.relay} is open`);
    const client = this.#forwarder.clients.hold(ask.client);
    const isPossible = !isTcp(ask) || this.#tcp !== undefined;
    if (client === undefined || !isPossible) {
      if (client !== undefined) this.#forwarder.clients.release(client);
      this.#sockets.soon(() => this.#upcalls.relayFailed(ask.relay, 'denied'));
      return;
    }
    const relay: Relay = { ask, client, foreign: [], grant: undefined, state: 'opening' };
    this.#relays.set(ask.relay, relay);
    this.#forwarder.flows.addRelay(ask.relay, ask.client, familyOf(ask.ip));
    this.#forwarder.traffic.start(ask.relay);
    this.#sockets.soon(() => this.#attempt(relay));
  }

  close(id: RelayId): void {
    const relay = this.#relays.get(id);
    if (relay === undefined) return;
    this.#end(relay);
    this.#forwarder.clients.release(relay.client);
  }

  releaseReservation(ip: IpAddress, port: number): void {
    this.#ports.releaseHeld(ip, port);
  }

  #attempt(relay: Relay): void {
    if (relay.state === 'closed') return;
    const { ask } = relay;
    const grant = this.#ports.take(ask.ip, ask.port);
    if (typeof grant === 'string') {
      this.#fail(relay, relay.foreign.length > 0 ? 'port-taken' : grant);
      return;
    }
    relay.grant = grant;
    const answer = (outcome: BindOutcome) => this.#onBind(relay, outcome);
    if (isTcp(ask)) this.#tcp!.bindRelay(ask, grant.port, answer);
    else this.#sockets.bindRelay(ask.relay, ask.ip, grant.port, answer);
  }

  #onBind(relay: Relay, outcome: BindOutcome): void {
    if (relay.state === 'closed') return;
    if (outcome === 'bound') this.#succeed(relay);
    else if (outcome === 'in-use') this.#tryAnother(relay);
    else this.#fail(relay, 'denied');
  }

  #tryAnother(relay: Relay): void {
    relay.foreign.push(relay.grant!);
    relay.grant = undefined;
    if (typeof relay.ask.port === 'object' || relay.foreign.length === TRIES) this.#fail(relay, 'port-taken');
    else this.#attempt(relay);
  }

  #succeed(relay: Relay): void {
    const { ask, grant } = relay;
    relay.state = 'open';
    this.#releaseForeign(relay);
    const address = withPort(ask.ip, grant!.port) as RelayAddress;
    this.#forwarder.near.open(ask.relay, address, isTcp(ask));
    this.#upcalls.relayOpened(ask.relay, address, grant!.held);
  }

  /** The client outlives the upcall, so that it can be told. */
  #fail(relay: Relay, why: RelayFailure): void {
    this.#end(relay);
    this.#upcalls.relayFailed(relay.ask.relay, why);
    this.#forwarder.clients.release(relay.client);
  }

  /** A held port nobody has been told of goes with the relay; any other waits for its claim or releaseReservation. */
  #end(relay: Relay): void {
    const { ask, grant, state } = relay;
    relay.state = 'closed';
    this.#relays.delete(ask.relay);
    this.#forwarder.near.close(ask.relay);
    this.#forwarder.flows.removeRelay(ask.relay);
    if (isTcp(ask)) this.#tcp!.closeRelay(ask.relay);
    else this.#sockets.closeRelay(ask.relay);
    this.#releaseForeign(relay);
    if (grant === undefined) return;
    this.#ports.release(ask.ip, grant.port);
    if (state === 'opening' && grant.held !== undefined) this.#ports.releaseHeld(ask.ip, grant.held);
  }

  #releaseForeign(relay: Relay): void {
    for (const { port, held } of relay.foreign.splice(0)) {
      this.#ports.release(relay.ask.ip, port);
      if (held !== undefined) this.#ports.releaseHeld(relay.ask.ip, held);
    }
  }
}

function isTcp({ transport = 'udp' }: RelayAsk): boolean {
  return transport !== 'udp';
}
