import { isSipUri, type Millis, respond, type SipRequest, type SipUri } from '../../wire/index.ts';
import type { Deadlines } from '../deadlines.ts';
import type { SipEffect, SipRefused } from '../effects.ts';
import { diagnosticsFor } from '../federation/diagnostics.ts';
import { hopToDomain } from '../federation/partners.ts';
import type { Flow, FlowId, NextHop } from '../flows.ts';
import type { SipQuestions, SipSettings } from '../questions.ts';
import type { Bindings } from '../registrar/bindings.ts';
import type { ServerTransaction, Transactions } from '../transaction/transactions.ts';
import { Branch } from './branch.ts';
import { Branches } from './branches.ts';
import { isRecorded, outgoingRequest, recordRouteFor } from './forwarding.ts';
import { Hops, type HopUser } from './hops.ts';
import { ResponseContext } from './response-context.ts';
import { RouteTokens } from './route-tokens.ts';
import { type Routed, routed } from './routing.ts';
import { type Target, targetsFor } from './targets.ts';

/** What a proxy lives in. */
export interface ProxyHost {
  readonly settings: SipSettings;
  readonly questions: SipQuestions;
  readonly transactions: Transactions;
  readonly deadlines: Deadlines;
  readonly bindings: Bindings;
  flow(id: FlowId): Flow | undefined;
  tag(): string;
}

/** A stateful proxy (RFC 3261 §16) that records its route with signed tokens (RFC 5626 §5). It never reads a body. */
export class SipProxy {
  readonly hops: Hops;
  readonly #host: ProxyHost;
  readonly #tokens: RouteTokens;
  readonly #branches: Branches;
  readonly #contexts = new Map<ServerTransaction, ResponseContext>();

  constructor(host: ProxyHost) {
    const { routeKey, randomBytes, waitingPerHop } = host.settings;
    this.#host = host;
    this.#tokens = new RouteTokens(routeKey);
    this.#branches = new Branches(routeKey, randomBytes);
    this.hops = new Hops(waitingPerHop);
  }

  /** Takes off the Routes that are ours, and reads where the last of them leads. */
  route(request: SipRequest): Routed | SipRefused {
    return routed(request, this.#tokens, this.#host.questions);
  }

  /** Sends a request on; a refusal is the caller's to answer. */
  forward(
    server: ServerTransaction,
    { request, lead }: Routed,
    now: Millis,
    effects: SipEffect[],
  ): SipRefused | undefined {
    if (request.maxForwards === 0) return 'too-many-hops';
    if (this.#branches.isLoop(request)) return 'loop';
    const targets = targetsFor(this.#host, request, lead, server.flow, now);
    if (typeof targets === 'string') return targets;
    if (request.method === 'INVITE') server.respond(respond(request, 100), now, effects);
    const context = new ResponseContext(server, this.#host.tag(), over => this.#contexts.delete(over.server));
    this.#contexts.set(server, context);
    const ways = targets.map(target => ({ target, branch: this.#branchOf(context, target) }));
    for (const { branch } of ways) context.add(branch);
    for (const { target, branch } of ways) this.#send(branch, request, target, server.flow, now, effects);
    return undefined;
  }

  /** The ACK of a 2xx: it belongs to no transaction and goes the way of its dialog (RFC 3261 §16.11). */
  forwardAck({ request, lead }: Routed, from: Flow, now: Millis, effects: SipEffect[]): SipRefused | undefined {
    if (request.maxForwards === 0 || this.#branches.isLoop(request)) return 'stray-ack';
    const targets = targetsFor(this.#host, request, lead, from, now);
    const target = typeof targets === 'string' ? undefined : targets[0];
    const flow = target === undefined ? undefined : this.#flowOf(target);
    if (target === undefined || flow === undefined) return 'stray-ack';
    const outgoing = this.#outgoing(request, target, from, flow);
    this.#host.transactions.sendOnce(outgoing, flow, effects);
    return undefined;
  }

  onCancel(server: ServerTransaction, now: Millis, effects: SipEffect[]): void {
    this.#contexts.get(server)?.cancel(now, effects);
  }

  /** Who asked has gone: nobody is left to answer, and what was asked for him is taken back. */
  onAskersGone(servers: readonly ServerTransaction[], now: Millis, effects: SipEffect[]): void {
    for (const server of servers) this.#contexts.get(server)?.cancel(now, effects);
  }

  get waiting(): number {
    return this.#contexts.size;
  }

  #branchOf(context: ResponseContext, target: Target): Branch {
    const { transactions, deadlines } = this.#host;
    return new Branch(context, transactions, deadlines, target.to === 'flow' ? 480 : 503);
  }

  #send(branch: Branch, request: SipRequest, target: Target, from: Flow, now: Millis, effects: SipEffect[]): void {
    const send = (flow: Flow, when: Millis, into: SipEffect[]) =>
      branch.send(this.#outgoing(request, target, from, flow), flow, when, into);
    const flow = this.#flowOf(target);
    const open = target.to === 'hop' ? this.#opener(branch, target.hop, from, send) : undefined;
    if (flow !== undefined) {
      branch.again = open;
      send(flow, now, effects);
    } else if (open !== undefined) open(now, effects);
    else branch.fail(430, now, effects); // RFC 5626 §5.3
  }

  /** Connects to a next hop, or waits until that is done. */
  #opener(branch: Branch, hop: NextHop, from: Flow, onHopOpened: HopUser['onHopOpened']) {
    const onHopFailed: HopUser['onHopFailed'] = (now, effects, refusal) => {
      effects.push({ do: 'count-refusal', refusal, flow: from.id });
      branch.fail(504, now, effects, diagnosticsFor(refusal, hop.host, from));
    };
    return (now: Millis, effects: SipEffect[]) => this.hops.use(hop, { onHopOpened, onHopFailed }, now, effects);
  }

  #flowOf(target: Target): Flow | undefined {
    return target.to === 'flow' ? this.#host.flow(target.flow) : this.hops.flowTo(target.hop);
  }

  /** Two Record-Routes: the lower leads back to who asked, the upper on to whom he asked (RFC 5658). Each end reads them the other way round. */
  #outgoing(request: SipRequest, target: Target, from: Flow, flow: Flow): SipRequest {
    const branch = this.#branches.make(request);
    const back = () => recordRouteFor(from, this.#tokens.write(this.#leadTo(request, from)));
    const on = () =>
      recordRouteFor(flow, this.#tokens.write(target.to === 'hop' ? target : { to: 'flow', flow: flow.id }));
    const recordRoutes = isRecorded(request) ? [back(), on()] : [];
    // a registrar further in is to send by us what is for this client (RFC 3327, RFC 5626 §5.1)
    const pathHeaders = request.method === 'REGISTER' ? [back().replace(';lr>', ';lr;ob>')] : [];
    const uri: { uri?: SipUri } = target.uri === undefined ? {} : { uri: target.uri };
    return outgoingRequest(request, { flow, branch, path: target.path, recordRoutes, pathHeaders, ...uri });
  }

  /** A server may be connected to anew when its flow is gone; a partner by the domain that speaks. */
  #leadTo({ from: { uri } }: SipRequest, from: Flow): { to: 'flow'; flow: FlowId } | { to: 'hop'; hop: NextHop } {
    const isPartner = from.side === 'partner' && isSipUri(uri);
    const hop = isPartner ? hopToDomain(uri.host) : this.hops.hopOf(from.id);
    return hop === undefined ? { to: 'flow', flow: from.id } : { to: 'hop', hop };
  }
}
