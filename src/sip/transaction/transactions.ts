import { type Millis, type SipRequest, type SipResponse, writeSipMessage } from '../../wire/index.ts';
import { AnswerCounts } from '../answer-counts.ts';
import type { Deadlines } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import type { Flow, FlowId } from '../flows.ts';
import { InviteClientTransaction } from './invite-client.ts';
import { InviteServerTransaction } from './invite-server.ts';
import { clientKey, clientKeyOf, serverKey } from './matching.ts';
import { NonInviteClientTransaction } from './non-invite-client.ts';
import { NonInviteServerTransaction } from './non-invite-server.ts';
import type { ClientUser, TransactionHost } from './transaction-host.ts';

export type ServerTransaction = InviteServerTransaction | NonInviteServerTransaction;
export type ClientTransaction = InviteClientTransaction | NonInviteClientTransaction;

/** Every transaction there is, found by what its messages have in common. */
export class Transactions {
  /** What requests that came in were answered. */
  readonly answers = new AnswerCounts();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #byFlow = new Map<FlowId, Set<ServerTransaction | ClientTransaction>>();
  readonly #serverHost: TransactionHost;
  readonly #clientHost: TransactionHost;
  readonly #most: number;

  constructor(deadlines: Deadlines, most: number) {
    this.#most = most;
    const answered = (method: string, status: number) => this.answers.count(method, status);
    this.#serverHost = { deadlines, answered, ended: key => this.#forget(this.#servers, key) };
    this.#clientHost = { deadlines, answered, ended: key => this.#forget(this.#clients, key) };
  }

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  get isFull(): boolean {
    return this.size >= this.#most;
  }

  /** How many have to do with one flow. */
  ofFlow(flow: FlowId): number {
    return this.#byFlow.get(flow)?.size ?? 0;
  }

  /** The transaction a request belongs to: its own, or for `as` that of the request it follows (a CANCEL its INVITE). */
  serverOf(request: SipRequest, flow: FlowId, as = request.method): ServerTransaction | undefined {
    return this.#servers.get(serverKey(request, flow, as));
  }

  openServer(request: SipRequest, flow: Flow, now: Millis): ServerTransaction {
    const key = serverKey(request, flow.id);
    const transaction =
      request.method === 'INVITE'
        ? new InviteServerTransaction(key, request, flow, this.#serverHost)
        : new NonInviteServerTransaction(key, request, flow, this.#serverHost, now);
    this.#servers.set(key, transaction);
    this.#list(transaction);
    return transaction;
  }

  /** Sends a request whose topmost Via has a branch of ours. */
  send(request: SipRequest, flow: Flow, user: ClientUser, now: Millis, effects: SipEffect[]): ClientTransaction {
    const key = clientKey(request.vias[0]!.params.get('branch')!, request.method);
    const Kind = request.method === 'INVITE' ? InviteClientTransaction : NonInviteClientTransaction;
    const transaction = new Kind(key, request, flow, user, this.#clientHost);
    this.#clients.set(key, transaction);
    this.#list(transaction);
    transaction.start(now, effects);
    return transaction;
  }

  /** Sends what nothing answers: an ACK, a BENOTIFY. */
  sendOnce(request: SipRequest, flow: Flow, effects: SipEffect[]): void {
    effects.push({ do: 'send', flow: flow.id, bytes: writeSipMessage(request) });
  }

  /** The transaction a response belongs to; it comes by the flow of its request or not at all. */
  clientOf(response: SipResponse, flow: FlowId): ClientTransaction | undefined {
    const transaction = this.#clients.get(clientKeyOf(response));
    return transaction?.flow.id === flow ? transaction : undefined;
  }

  /** A flow closed. What we asked by it has failed; what was asked by it has nobody left to be told. */
  onFlowGone(flow: FlowId, now: Millis, effects: SipEffect[]): ServerTransaction[] {
    const left: ServerTransaction[] = [];
    for (const transaction of this.#byFlow.get(flow) ?? []) {
      if ('onFlowGone' in transaction) transaction.onFlowGone(now, effects);
      else {
        transaction.end();
        left.push(transaction);
      }
    }
    return left;
  }

  #list(transaction: ServerTransaction | ClientTransaction): void {
    const { id } = transaction.flow;
    const listed = this.#byFlow.get(id) ?? new Set();
    this.#byFlow.set(id, listed.add(transaction));
  }

  #forget<T extends ServerTransaction | ClientTransaction>(from: Map<string, T>, key: string): void {
    const transaction = from.get(key);
    if (transaction === undefined) return;
    from.delete(key);
    const listed = this.#byFlow.get(transaction.flow.id);
    listed?.delete(transaction);
    if (listed?.size === 0) this.#byFlow.delete(transaction.flow.id);
  }
}
