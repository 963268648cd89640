import {
  contactsOf,
  isSipUri,
  type Millis,
  type NameAddress,
  readDeltaSeconds,
  routesOf,
  type SipRequest,
  type SipUri,
  tokensOf,
  writeNameAddress,
} from '../../wire/index.ts';
import type { Deadlines } from '../deadlines.ts';
import type { SipEffect, SipRefused } from '../effects.ts';
import type { Flow } from '../flows.ts';
import { type Binding, contactLine, instanceOf, qOf, regIdOf, replacedBy } from './binding.ts';
import { Bindings } from './bindings.ts';

export interface RegistrarSettings {
  readonly expiresSeconds: { readonly default: number; readonly least: number; readonly most: number };
  readonly bindingsPerUser: number;
  readonly bindings: number;
  /** How often a client should ping: said as Flow-Timer (RFC 5626 §4.4). */
  readonly flowTimerSeconds: number;
}

/** What a REGISTER is answered with: the headers of its 200, or why not. */
export type Registered =
  | { readonly status: 200; readonly headers: readonly (readonly [string, string])[] }
  | { readonly refused: SipRefused; readonly headers?: readonly (readonly [string, string])[] };

interface Asked {
  readonly contact: NameAddress & { readonly uri: SipUri };
  readonly expiresSeconds: number;
}

/** RFC 3261 §10.3 with outbound flows (RFC 5626) and Path (RFC 3327). Who may register as whom has been settled before. */
export class Registrar {
  readonly bindings: Bindings;
  readonly #settings: RegistrarSettings;

  constructor(settings: RegistrarSettings, deadlines: Deadlines) {
    this.#settings = settings;
    this.bindings = new Bindings(deadlines);
  }

  onRegister(request: SipRequest, record: string, flow: Flow, now: Millis, effects: SipEffect[]): Registered {
    const contacts = contactsOf(request.headers);
    if (contacts === '*') return this.#removeAll(request, record, flow, now, effects);
    if ((contacts?.length ?? 0) > 2 * this.#settings.bindingsPerUser) return { refused: 'too-many-bindings' };
    const asked = this.#askedIn(request, contacts ?? []);
    if ('refused' in asked) return asked;
    const after = this.#afterwards(request, record, flow, asked, now);
    if ('refused' in after) return after;
    const hadAny = this.bindings.of(record, now).length > 0;
    this.bindings.replaceAll(record, after);
    if (after.length > 0 && asked.length > 0) effects.push({ do: 'registered', record, flow: flow.id });
    else if (after.length === 0 && hadAny) effects.push({ do: 'unregistered', record, flow: flow.id });
    return this.#answer(request, record, flow, asked, now);
  }

  /** `Contact: *` removes everything, and only with `Expires: 0` (RFC 3261 §10.2.2). */
  #removeAll(request: SipRequest, record: string, flow: Flow, now: Millis, effects: SipEffect[]): Registered {
    if (request.headers.first('expires') !== '0') return { refused: 'bad-contact' };
    const old = this.bindings.of(record, now);
    if (old.some(binding => isOutOfOrder(binding, request))) return { refused: 'out-of-order' };
    this.bindings.replaceAll(record, []);
    if (old.length > 0) effects.push({ do: 'unregistered', record, flow: flow.id });
    return this.#answer(request, record, flow, [], now);
  }

  #askedIn(
    request: SipRequest,
    contacts: readonly NameAddress[],
  ): Asked[] | { refused: SipRefused; headers?: [string, string][] } {
    const { least, most, default: usual } = this.#settings.expiresSeconds;
    const common = readDeltaSeconds(request.headers.first('expires') ?? '') ?? usual;
    const asked: Asked[] = [];
    for (const contact of contacts) {
      const { uri } = contact;
      if (!isSipUri(uri)) return { refused: 'bad-contact' };
      const wanted = readDeltaSeconds(contact.params.get('expires') ?? '') ?? common;
      if (wanted > 0 && wanted < least)
        return { refused: 'interval-too-brief', headers: [['Min-Expires', String(least)]] };
      asked.push({ contact: { ...contact, uri: withoutHeaders(uri) }, expiresSeconds: Math.min(wanted, most) });
    }
    return asked;
  }

  /** What the user's bindings will be. Nothing has changed yet: a REGISTER that is refused in one contact is refused in all. */
  #afterwards(
    request: SipRequest,
    record: string,
    flow: Flow,
    asked: readonly Asked[],
    now: Millis,
  ): Binding[] | { refused: SipRefused } {
    const before = this.bindings.of(record, now);
    let after = [...before];
    let others = this.bindings.size - after.length;
    for (const { contact, expiresSeconds } of asked) {
      const binding = bindingOf(request, record, flow, contact, now + expiresSeconds * 1000);
      const replaced = replacedBy(binding, after);
      if (replaced !== undefined && before.includes(replaced) && isOutOfOrder(replaced, request))
        return { refused: 'out-of-order' };
      after = after.filter(one => one !== replaced);
      if (expiresSeconds > 0) after.push(binding);
    }
    if (after.length > this.#settings.bindingsPerUser) return { refused: 'too-many-bindings' };
    others += after.length;
    return others > this.#settings.bindings && asked.some(one => one.expiresSeconds > 0)
      ? { refused: 'registrar-full' }
      : after;
  }

  #answer(request: SipRequest, record: string, flow: Flow, asked: readonly Asked[], now: Millis): Registered {
    const supported = tokensOf(request.headers, 'supported') ?? [];
    const withGruu = supported.includes('gruu-10');
    const bindings = this.bindings.of(record, now);
    const headers: [string, string][] = bindings.map(one => ['Contact', contactLine(one, now, withGruu)]);
    const granted = asked.map(({ expiresSeconds }) => expiresSeconds).filter(seconds => seconds > 0);
    // pidgin-sipe looks for this header and nowhere else
    headers.push(['Expires', String(granted.length > 0 ? Math.min(...granted) : 0)]);
    for (const path of pathOf(request, flow)) headers.push(['Path', writeNameAddress(path)]); // RFC 3327 §5.3
    const isOutbound = supported.includes('outbound') && asked.some(({ contact }) => regIdOf(contact) !== undefined);
    if (isOutbound) headers.push(['Require', 'outbound'], ['Flow-Timer', String(this.#settings.flowTimerSeconds)]);
    return { status: 200, headers };
  }
}

function bindingOf(
  request: SipRequest,
  record: string,
  flow: Flow,
  contact: Asked['contact'],
  expiresAt: Millis,
): Binding {
  const isOutbound = tokensOf(request.headers, 'supported')?.includes('outbound') === true;
  return {
    record,
    contact,
    instance: instanceOf(contact),
    regId: isOutbound ? regIdOf(contact) : undefined,
    flow: flow.id,
    path: pathOf(request, flow).map(writeNameAddress),
    callId: request.callId,
    cseq: request.cseq.number,
    expiresAt,
    q: qOf(contact),
  };
}

/** A Path makes us send where it says: only who is trusted has one. What a client says of itself is dropped. */
function pathOf({ headers }: SipRequest, flow: Flow): NameAddress[] {
  return flow.isTrusted ? (routesOf(headers, 'path') ?? []) : [];
}

/** The same device repeats itself only with a higher number (RFC 3261 §10.3, step 7). */
function isOutOfOrder({ callId, cseq }: Binding, request: SipRequest): boolean {
  return callId === request.callId && cseq >= request.cseq.number;
}

/** Headers in a contact would become headers of requests to it (RFC 4475 §3.3.14): they are not kept. */
function withoutHeaders(uri: SipUri): SipUri {
  const bare: { -readonly [K in keyof SipUri]: SipUri[K] } = { ...uri };
  delete bare.headers;
  return bare;
}
