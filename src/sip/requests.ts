import { isSipUri, type Millis, respond, type SipRequest, tokensOf, writeSipMessage } from '../wire/index.ts';
import { answer, challengeFor, refuse, statelessAnswer } from './answers.ts';
import type { Denied, SipUser } from './digest/authenticator.ts';
import type { SipEffect, SipRefused } from './effects.ts';
import type { Flow } from './flows.ts';
import type { Identities, KnownSender } from './identities.ts';
import { cleanedRequest } from './proxy/forwarding.ts';
import type { SipProxy } from './proxy/proxy.ts';
import type { SipQuestions, SipSettings } from './questions.ts';
import { registerHere } from './register-here.ts';
import type { Registrar } from './registrar/registrar.ts';
import { InviteServerTransaction } from './transaction/invite-server.ts';
import type { ServerTransaction, Transactions } from './transaction/transactions.ts';

/** What requests are handled with. */
export interface RequestHost {
  readonly settings: SipSettings;
  readonly questions: SipQuestions;
  readonly transactions: Transactions;
  readonly identities: Identities;
  readonly registrar: Registrar;
  readonly proxy: SipProxy;
  tag(): string;
}

/** Extensions a Proxy-Require may ask of us (MS-SIP: notifications without an answer). */
const PROXY_KNOWS = ['ms-benotify'];
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, MESSAGE, SERVICE, INFO, REFER, UPDATE';

/** A request that came in, from its transaction to who answers it. */
export class Requests {
  readonly #host: RequestHost;

  constructor(host: RequestHost) {
    this.#host = host;
  }

  onRequest(request: SipRequest, flow: Flow, now: Millis, effects: SipEffect[]): void {
    if (request.method === 'ACK') this.#onAck(request, flow, now, effects);
    else if (request.method === 'CANCEL') this.#onCancel(request, flow, now, effects);
    else this.#onOther(request, flow, now, effects);
  }

  #onAck(request: SipRequest, flow: Flow, now: Millis, effects: SipEffect[]): void {
    const server = this.#host.transactions.serverOf(request, flow.id);
    const isForUs = server instanceof InviteServerTransaction && !server.onAck(now);
    if (isForUs) return;
    const { proxy, identities } = this.#host;
    const routed = proxy.route(request);
    // the token of a dialog's route is known to nobody outside it
    const mayPass = typeof routed !== 'string' && (routed.lead !== undefined || identities.isProven(request, flow));
    const refused = mayPass ? proxy.forwardAck(routed, flow, now, effects) : 'stray-ack';
    if (refused !== undefined) effects.push({ do: 'count-refusal', refusal: refused, flow: flow.id });
  }

  /** It has an answer of its own, and the INVITE another (RFC 3261 §9.2). */
  #onCancel(request: SipRequest, flow: Flow, now: Millis, effects: SipEffect[]): void {
    const invite = this.#host.transactions.serverOf(request, flow.id, 'INVITE');
    if (invite === undefined) {
      this.#refuseStateless(request, 'no-such-transaction', flow, effects);
      return;
    }
    const bytes = writeSipMessage(respond(request, 200, this.#host.tag()));
    effects.push({ do: 'send', flow: flow.id, bytes });
    this.#host.proxy.onCancel(invite, now, effects);
  }

  #onOther(request: SipRequest, flow: Flow, now: Millis, effects: SipEffect[]): void {
    const { transactions } = this.#host;
    const known = transactions.serverOf(request, flow.id);
    if (known !== undefined) {
      known.onRepeated(effects);
      return;
    }
    if (transactions.isFull || this.#hasTooMany(flow)) {
      this.#refuseStateless(request, 'transactions-full', flow, effects);
      return;
    }
    const server = transactions.openServer(request, flow, now);
    const refused = this.#onNew(server, now, effects);
    if (refused !== undefined) this.#refuse(server, refused, now, effects);
  }

  /** An INVITE that was challenged is kept until its ACK comes, for half a minute: nobody may fill us with them. */
  #hasTooMany(flow: Flow): boolean {
    if (flow.isTrusted) return false;
    const { transactions, identities, settings } = this.#host;
    const { stranger, user } = settings.transactionsPerFlow;
    const open = transactions.ofFlow(flow.id);
    return open >= stranger && (open >= user || !identities.hasProven(flow.id));
  }

  /** The order of RFC 3261 §16.3 and §8.2, with who it is before all that costs something. */
  #onNew(server: ServerTransaction, now: Millis, effects: SipEffect[]): SipRefused | undefined {
    const { request, flow } = server;
    if (!isSipUri(request.uri)) return 'unsupported-scheme';
    if (unknownToProxy(request).length > 0) return 'bad-extension';
    const sender = this.#host.identities.senderOf(request, flow, now);
    if (typeof sender === 'string') return sender;
    if ('denied' in sender) return this.#deny(server, sender, now, effects);
    return this.#onAuthentic(server, sender, now, effects);
  }

  #onAuthentic(
    server: ServerTransaction,
    sender: KnownSender,
    now: Millis,
    effects: SipEffect[],
  ): SipRefused | undefined {
    const { proxy, settings } = this.#host;
    const routed = proxy.route(server.request);
    if (typeof routed === 'string') return routed;
    if (sender.goesTo !== undefined) {
      const lead = routed.lead ?? { to: 'hop', hop: sender.goesTo };
      return proxy.forward(server, { request: routed.request, lead }, now, effects);
    }
    const { user } = sender;
    const clean = cleanedRequest(routed.request, settings.digest.realm, server.flow, user?.record);
    if (routed.lead === undefined && this.#answersHere(server, clean, user, now, effects)) return undefined;
    return proxy.forward(server, { ...routed, request: clean }, now, effects);
  }

  /** Registrations, services, and questions about ourselves. False: it is for somebody else. */
  #answersHere(
    server: ServerTransaction,
    request: SipRequest,
    user: SipUser | undefined,
    now: Millis,
    effects: SipEffect[],
  ): boolean {
    const { questions, registrar } = this.#host;
    if (request.method === 'INVITE') return false;
    const authentic = { request: server.request, user, flow: server.flow };
    const served =
      request.method === 'REGISTER'
        ? registerHere(registrar, questions, authentic, now, effects)
        : (questions.serve(authentic, now) ?? this.#aboutOurselves(request));
    if (served === undefined) return false;
    if ('refused' in served) this.#refuse(server, served.refused, now, effects, served.headers);
    else answer(server, served, this.#host.tag(), now, effects);
    return true;
  }

  #aboutOurselves({ method, uri }: SipRequest): { status: number; headers: [string, string][] } | undefined {
    if (!isSipUri(uri) || uri.user !== undefined || method !== 'OPTIONS') return undefined;
    const { questions } = this.#host;
    const isOurs = questions.isOurDomain(uri.host) || questions.isOurHost(uri.host);
    return isOurs
      ? {
          status: 200,
          headers: [
            ['Allow', ALLOW],
            ['Supported', 'path, outbound'],
          ],
        }
      : undefined;
  }

  #deny(server: ServerTransaction, denied: Denied, now: Millis, effects: SipEffect[]): SipRefused | undefined {
    if (denied.challenge === undefined) return denied.denied;
    effects.push({ do: 'count-refusal', refusal: denied.denied, flow: server.flow.id });
    answer(server, challengeFor(denied, server.request), this.#host.tag(), now, effects);
    return undefined;
  }

  #refuse(
    server: ServerTransaction,
    refused: SipRefused,
    now: Millis,
    effects: SipEffect[],
    more: readonly (readonly [string, string])[] = [],
  ): void {
    const unsupported = refused === 'bad-extension' ? unknownToProxy(server.request) : [];
    const headers = unsupported.length === 0 ? more : [...more, ['Unsupported', unsupported.join(', ')] as const];
    refuse(server, refused, this.#host.tag(), server.flow.local.host, now, effects, headers);
  }

  #refuseStateless(request: SipRequest, refusal: SipRefused, flow: Flow, effects: SipEffect[]): void {
    const response = statelessAnswer(request, refusal, this.#host.tag());
    effects.push({ do: 'count-refusal', refusal, flow: flow.id });
    effects.push({ do: 'send', flow: flow.id, bytes: writeSipMessage(response) });
  }
}

/** RFC 3261 §16.3, step 5 */
function unknownToProxy({ headers }: SipRequest): string[] {
  return (tokensOf(headers, 'proxy-require') ?? []).filter(tag => !PROXY_KNOWS.includes(tag));
}
