import {
  endsStream,
  type Millis,
  type SipArrival,
  type SipRefusal,
  type SipResponse,
  writeRefusal,
} from '../wire/index.ts';
import type { AnswerTable } from './answer-counts.ts';
import { Deadlines } from './deadlines.ts';
import { Authenticator, type Denial, type SipUser } from './digest/authenticator.ts';
import type { HopFailure, SipEffect } from './effects.ts';
import { PartnerGate } from './federation/partner-gate.ts';
import { hopToDomain } from './federation/partners.ts';
import type { Flow, FlowId, NextHop } from './flows.ts';
import { Identities } from './identities.ts';
import { keepAliveAnswer } from './keep-alive.ts';
import { type Notice, noticeFor } from './notice.ts';
import { arrivedRequest } from './proxy/forwarding.ts';
import { SipProxy } from './proxy/proxy.ts';
import type { SipQuestions, SipSettings } from './questions.ts';
import { Registrar } from './registrar/registrar.ts';
import { Requests } from './requests.ts';
import { Transactions } from './transaction/transactions.ts';

export interface SipCounts {
  readonly flows: number;
  readonly transactions: number;
  readonly bindings: number;
  readonly users: number;
}

const CRLF = Buffer.from('\r\n');

/**
 * The SIP side of the edge without sockets, clock or dice: registrar, proxy and the door to its services. Events go in with the
 * time, effects come out, in the order in which they are to be done.
 */
export class SipServer {
  readonly #settings: SipSettings;
  readonly #deadlines = new Deadlines();
  readonly #flows = new Map<FlowId, Flow>();
  readonly #transactions: Transactions;
  readonly #authenticator: Authenticator;
  readonly #identities: Identities;
  readonly #registrar: Registrar;
  readonly #proxy: SipProxy;
  readonly #requests: Requests;
  readonly #gate: PartnerGate;

  constructor(settings: SipSettings, questions: SipQuestions) {
    const deadlines = this.#deadlines;
    const tag = () => this.#random(8);
    this.#settings = settings;
    this.#transactions = new Transactions(deadlines, settings.transactions);
    this.#authenticator = new Authenticator(settings.digest, questions);
    this.#identities = new Identities(this.#authenticator, questions, settings.partners);
    this.#gate = new PartnerGate(flow => this.#transactions.ofFlow(flow));
    this.#registrar = new Registrar(settings.registrar, deadlines);
    const common = { settings, questions, transactions: this.#transactions, tag };
    const { bindings } = this.#registrar;
    this.#proxy = new SipProxy({ ...common, deadlines, bindings, flow: id => this.#flows.get(id) });
    this.#requests = new Requests({
      ...common,
      identities: this.#identities,
      registrar: this.#registrar,
      proxy: this.#proxy,
      gate: this.#gate,
    });
  }

  /** A connection came in. Its id is given to no other, ever. */
  onFlowOpened(flow: Flow): void {
    this.#flows.set(flow.id, flow);
    this.#listPartner(flow);
  }

  /** What a flow brought, as the codec reads it. */
  onArrival(id: FlowId, arrival: SipArrival, now: Millis): readonly SipEffect[] {
    const flow = this.#flows.get(id);
    const effects: SipEffect[] = [];
    if (flow === undefined) return effects;
    if (arrival.kind === 'request') this.#requests.onRequest(arrivedRequest(arrival, flow), flow, now, effects);
    else if (arrival.kind === 'response') this.#onResponse(arrival, flow, now, effects);
    else if (arrival.kind === 'refused') this.#onRefused(arrival, flow, effects);
    else if (arrival.kind === 'ping')
      effects.push({ do: 'send', flow: id, bytes: CRLF }); // RFC 5626 §3.5.1
    else if (arrival.kind === 'stun') this.#onStun(arrival.bytes, flow, effects);
    return effects;
  }

  onFlowClosed(id: FlowId, now: Millis): readonly SipEffect[] {
    const effects: SipEffect[] = [];
    const flow = this.#flows.get(id);
    if (flow === undefined) return effects;
    this.#flows.delete(id);
    this.#gate.onFlowClosed(flow);
    this.#identities.onFlowClosed(id);
    this.#registrar.bindings.onFlowClosed(id, effects);
    this.#proxy.hops.onFlowClosed(id);
    const unanswered = this.#transactions.onFlowGone(id, now, effects);
    this.#proxy.onAskersGone(unanswered, now, effects);
    return effects;
  }

  /** A `connect` has led to a flow. It is trusted, or is to be a partner's. */
  onHopOpened(hop: NextHop, flow: Flow, now: Millis): readonly SipEffect[] {
    const effects: SipEffect[] = [];
    this.#flows.set(flow.id, flow);
    this.#listPartner(flow);
    this.#proxy.hops.onOpened(hop, flow, now, effects);
    return effects;
  }

  onHopFailed(hop: NextHop, now: Millis, why: HopFailure = 'hop-failed'): readonly SipEffect[] {
    const effects: SipEffect[] = [];
    this.#proxy.hops.onFailed(hop, why, now, effects);
    return effects;
  }

  /** When `onDeadline` has something to do, at the earliest; Infinity when there is nothing to wait for. */
  nextDeadline(): Millis {
    return this.#deadlines.next();
  }

  onDeadline(now: Millis): readonly SipEffect[] {
    const effects: SipEffect[] = [];
    for (let timer = this.#deadlines.take(now); timer !== undefined; timer = this.#deadlines.take(now)) {
      timer.onDue(now, effects);
    }
    return effects;
  }

  /** Tells every device of a user something, outside any dialog (MS-SIP BENOTIFY: no answer comes). */
  notify(record: string, notice: Notice, now: Millis): readonly SipEffect[] {
    const effects: SipEffect[] = [];
    for (const { flow: id, contact } of this.#registrar.bindings.of(record, now)) {
      const flow = this.#flows.get(id);
      const random = (bytes: number) => this.#random(bytes);
      if (flow !== undefined)
        this.#transactions.sendOnce(noticeFor(record, contact.uri, flow, notice, random), flow, effects);
    }
    return effects;
  }

  /** A user is no longer, or has another password: registrations end now, and nobody is he until proven anew. */
  revoke(record: string, now: Millis): readonly SipEffect[] {
    const effects: SipEffect[] = [];
    const [binding] = this.#registrar.bindings.of(record, now);
    this.#identities.forget(record);
    this.#registrar.bindings.replaceAll(record, []);
    if (binding !== undefined) effects.push({ do: 'unregistered', record, flow: binding.flow });
    return effects;
  }

  /** For services of the edge that are asked in another way than SIP: whose password this is. */
  checkPassword(username: string, password: string, address: string, now: Millis): SipUser | Denial {
    return this.#authenticator.checkPassword(username, password, address, now);
  }

  /** The same where somebody else has the passwords. `end` is to be called once with what he says. */
  beginPassword(username: string, address: string, now: Millis): ReturnType<Authenticator['beginPassword']> {
    return this.#authenticator.beginPassword(username, address, now);
  }

  isRegistered(record: string, now: Millis): boolean {
    return this.#registrar.bindings.of(record, now).length > 0;
  }

  /** What requests were answered, since the start. */
  answers(): AnswerTable {
    return this.#transactions.answers.table();
  }

  counts(): SipCounts {
    const { bindings } = this.#registrar;
    const { size: transactions } = this.#transactions;
    return { flows: this.#flows.size, transactions, bindings: bindings.size, users: bindings.records };
  }

  /** Its connection serves both directions, whoever opened it. */
  #listPartner(flow: Flow): void {
    if (flow.partner === undefined) return;
    this.#gate.onFlowOpened(flow);
    this.#proxy.hops.list(flow, ...flow.partner.domains.map(hopToDomain));
  }

  #onResponse(response: SipResponse, flow: Flow, now: Millis, effects: SipEffect[]): void {
    const client = this.#transactions.clientOf(response, flow.id);
    if (client === undefined) effects.push({ do: 'count-refusal', refusal: 'stray-response', flow: flow.id });
    else client.onResponse(response, now, effects);
  }

  #onStun(bytes: Uint8Array, flow: Flow, effects: SipEffect[]): void {
    const answer = keepAliveAnswer(bytes, flow);
    if (answer !== undefined) effects.push({ do: 'send', flow: flow.id, bytes: answer });
  }

  #onRefused(refusal: SipRefusal, flow: Flow, effects: SipEffect[]): void {
    effects.push({ do: 'count-refusal', refusal: refusal.fault, flow: flow.id });
    const bytes = writeRefusal(refusal, this.#random(8));
    if (bytes !== undefined) effects.push({ do: 'send', flow: flow.id, bytes });
    if (endsStream(refusal)) effects.push({ do: 'close', flow: flow.id, why: refusal.fault });
  }

  #random(bytes: number): string {
    return Buffer.from(this.#settings.randomBytes(bytes)).toString('hex');
  }
}
