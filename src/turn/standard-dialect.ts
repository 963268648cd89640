import { ATTRIBUTES, CLASSES, fingerprintOf, METHODS, MessageView, type Millis } from '../wire/index.ts';
import { onAllocate } from './allocate.ts';
import { authenticate, isSealed } from './authentication.ts';
import { onBinding } from './binding.ts';
import { onChannelBind } from './channel-bind.ts';
import { isClassicBinding, onClassicBinding } from './classic-binding.ts';
import { onConnect } from './connect.ts';
import { onConnectionBind } from './connection-bind.ts';
import type { Core } from './core.ts';
import { onCreatePermission } from './create-permission.ts';
import type { Effect } from './effects.ts';
import type { Client } from './questions.ts';
import { onRefresh } from './refresh.ts';
import { refuse, refuseStranger, silence } from './refuse.ts';
import {
  type AllocationRequest,
  type AuthenticRequest,
  isRefused,
  type Refused,
  type Request,
  refused,
  unknownAttributes,
} from './request.ts';
import { Sender } from './send.ts';

type Outcome = readonly Effect[] | Refused;

const NOTHING: readonly Effect[] = [];

/** The methods that work on an allocation there is. */
const ON_ALLOCATION: Readonly<Record<number, (core: Core, request: AllocationRequest) => Outcome>> = {
  [METHODS.Refresh]: onRefresh,
  [METHODS.CreatePermission]: onCreatePermission,
  [METHODS.ChannelBind]: onChannelBind,
  [METHODS.Connect]: onConnect,
};

/** STUN and TURN as RFC 8489 and RFC 8656 have them. Reads each message and hands it to its method; holds no state of its own. */
export class StandardDialect {
  readonly #core: Core;
  readonly #sender: Sender;
  readonly #view = new MessageView();

  constructor(core: Core) {
    this.#core = core;
    this.#sender = new Sender(core);
  }

  onMessage(client: Client, bytes: Uint8Array, start: number, end: number, now: Millis): readonly Effect[] {
    const view = this.#view;
    const read = view.read(bytes, start, end);
    if (read === 'not-stun' && isClassicBinding(bytes, start, end)) {
      return onClassicBinding(this.#core, client, bytes, start, end, now);
    }
    if (read !== 'ok') return silence(client, read === 'not-stun' ? 'not-stun' : 'malformed');
    const fingerprint = fingerprintOf(view);
    if (fingerprint === 'wrong') return silence(client, 'bad-fingerprint'); // RFC 8489 §7.3
    if (view.class === CLASSES.indication) return this.#onIndication(client);
    if (view.class !== CLASSES.request) return silence(client, 'stray-response');
    const request: Request = { client, view, fingerprint: fingerprint === 'right', now };
    return view.method === METHODS.Binding ? onBinding(this.#core, request) : this.#onRequest(request);
  }

  #onIndication(client: Client): readonly Effect[] {
    const { method } = this.#view;
    if (method === METHODS.Send) return this.#sender.onSend(client, this.#view);
    // A keep-alive: there is nothing to do (RFC 8489 §6.3.2).
    return method === METHODS.Binding ? NOTHING : silence(client, 'unknown-indication');
  }

  #onRequest(request: Request): readonly Effect[] {
    if (!isSealed(request.view)) return this.#onUnsealed(request);
    const authentic = authenticate(this.#core, request);
    if (isRefused(authentic)) return refuseStranger(this.#core, request, authentic);
    const outcome = this.#onAuthentic(authentic);
    return isRefused(outcome) ? refuse(authentic, outcome) : outcome;
  }

  /** A challenge for whoever may become or is a client; whatever else strangers say gets no answer (ADR 0004). */
  #onUnsealed(request: Request): readonly Effect[] {
    const { client, view } = request;
    const isAllocate = view.method === METHODS.Allocate && view.has(ATTRIBUTES.RequestedTransport);
    const isClient = view.method !== METHODS.Allocate && this.#core.allocations.of(client.id) !== undefined;
    const isBind = view.method === METHODS.ConnectionBind && client.transport !== 'udp';
    if (!isAllocate && !isClient && !isBind) return silence(client, 'stranger-method');
    return refuseStranger(this.#core, request, refused('unauthenticated'));
  }

  #onAuthentic(request: AuthenticRequest): Outcome {
    const unknown = unknownAttributes(request.view);
    if (unknown.length > 0) return refused('unknown-attribute', { unknown }); // RFC 8489 §6.3.1
    const { method } = request.view;
    if (method === METHODS.Allocate) return onAllocate(this.#core, request);
    if (method === METHODS.ConnectionBind) return onConnectionBind(this.#core, request);
    const onMethod = ON_ALLOCATION[method];
    if (onMethod === undefined) return refused('unknown-method');
    const allocation = this.#core.allocations.of(request.client.id);
    // Before its success is said, an allocation is nobody's business.
    if (allocation === undefined || allocation.opening !== undefined || allocation.microsoft !== undefined) {
      return refused('allocation-mismatch');
    }
    const isOwner = allocation.credential.user === request.credential.user;
    if (!isOwner) return refused('wrong-credentials'); // RFC 8656 §5
    return onMethod(this.#core, { ...request, allocation });
  }
}
