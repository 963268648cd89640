import {
  ATTRIBUTES,
  type Family,
  familyOf,
  hasLength,
  type MessageView,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  readEvenPort,
  readFamily,
  readLifetime,
  readRequestedTransport,
  readReservationToken,
} from '../wire/index.ts';
import { StandardAllocateAnswer } from './allocate-answer.ts';
import type { Allocation } from './allocation.ts';
import type { Core } from './core.ts';
import type { Effect, Refusal } from './effects.ts';
import { beginAllocation, type Wish } from './opening.ts';
import { type AuthenticRequest, isRefused, type Refused, refused } from './request.ts';

const A = ATTRIBUTES;

/** Allocate, with the checks of RFC 8656 §7.2 in their order (the first, authentication, is done). */
export function onAllocate(core: Core, request: AuthenticRequest): readonly Effect[] | Refused {
  const existing = core.allocations.of(request.client.id);
  if (existing !== undefined) return again(existing, request);
  const wish = wishOf(core, request);
  if (isRefused(wish)) return wish;
  const { client, credential, now } = request;
  const answer = new StandardAllocateAnswer(request, request.seal);
  return beginAllocation(core, { client, credential, now, answer }, wish);
}

/** The same transaction gets the same answer, or waits for the one that is on its way; any other is a second allocation. */
function again(existing: Allocation, request: AuthenticRequest): readonly Effect[] | Refused {
  const { answer } = existing;
  const isSame = answer instanceof StandardAllocateAnswer && answer.isFor(request);
  const repeated = isSame && existing.credential.user === request.credential.user;
  if (!repeated) return refused('allocation-mismatch');
  return existing.answered === undefined ? [] : [existing.answer.reply(existing.answered)];
}

function wishOf(core: Core, request: AuthenticRequest): Wish | Refused {
  const { view } = request;
  const transport = readRequestedTransport(view, view.find(A.RequestedTransport));
  if (transport === undefined) return refused('bad-request');
  if (transport === PROTOCOL_TCP) {
    const why = whyNoTcp(core, request);
    if (why !== undefined) return refused(why);
  } else if (transport !== PROTOCOL_UDP) return refused('unsupported-transport');
  const dontFragment = view.has(A.DontFragment);
  if (dontFragment && !core.settings.canDontFragment) {
    return refused('unknown-attribute', { unknown: [A.DontFragment] });
  }
  const lifetimeSeconds = readLifetime(view, view.find(A.Lifetime));
  if (view.has(A.Lifetime) && lifetimeSeconds === undefined) return refused('bad-request');
  const place = view.has(A.ReservationToken) ? reservedPlace(core, request) : freshPlace(core, request);
  if (isRefused(place)) return place;
  return { ...place, transport: transport === PROTOCOL_TCP ? 'tcp' : 'udp', dontFragment, lifetimeSeconds };
}

/** RFC 6062 §5.1: over a stream only, and without what datagrams alone have. */
function whyNoTcp({ settings }: Core, { client, view }: AuthenticRequest): Refusal | undefined {
  if (!settings.canRelayTcp) return 'unsupported-transport';
  const isForDatagrams = view.has(A.DontFragment) || view.has(A.EvenPort) || view.has(A.ReservationToken);
  return client.transport === 'udp' || isForDatagrams ? 'bad-request' : undefined;
}

type Place = Pick<Wish, 'families' | 'missing' | 'port' | 'reservation'>;

/** The port an earlier allocation of this identity had reserved. */
function reservedPlace(core: Core, { view, credential }: AuthenticRequest): Place | Refused {
  const crowded = view.has(A.EvenPort) || view.has(A.RequestedAddressFamily) || view.has(A.AdditionalAddressFamily);
  const token = readReservationToken(view, view.find(A.ReservationToken));
  if (crowded || token === undefined) return refused('bad-request');
  const held = core.reservations.find(token, credential.identity);
  if (held === undefined) return refused('reservation-unknown');
  const { ip } = held;
  const reservation = { token: Uint8Array.from(token), held };
  return { families: [{ family: familyOf(ip), ip }], missing: undefined, port: 'any', reservation };
}

function freshPlace(core: Core, request: AuthenticRequest): Place | Refused {
  const families = familiesOf(request.view);
  if (isRefused(families)) return families;
  const port = portOf(core, request);
  if (typeof port !== 'string') return port;
  const places = families.map(family => ({ family, ip: core.questions.relayIp(request.client, family) }));
  const had = places.flatMap(({ family, ip }) => (ip === undefined ? [] : [{ family, ip }]));
  if (had.length === 0) return refused('unsupported-family');
  const missing = places.find(({ ip }) => ip === undefined)?.family;
  return { families: had, missing, port, reservation: undefined };
}

/** Which families are wanted: IPv4 unless told otherwise, both with ADDITIONAL-ADDRESS-FAMILY. */
function familiesOf(view: MessageView): Family[] | Refused {
  const additional = view.find(A.AdditionalAddressFamily);
  const requested = view.find(A.RequestedAddressFamily);
  if (additional >= 0) {
    const isSix = readFamily(view, additional) === 6;
    return requested >= 0 || !isSix ? refused('bad-request') : [4, 6];
  }
  if (requested < 0) return [4];
  const family = readFamily(view, requested);
  if (family === undefined) return refused('bad-request');
  return family === 'unsupported' ? refused('unsupported-family') : [family];
}

function portOf(core: Core, { view, credential }: AuthenticRequest): Wish['port'] | Refused {
  const index = view.find(A.EvenPort);
  if (index < 0) return 'any';
  if (!hasLength(view, index, 1)) return refused('bad-request');
  if (!readEvenPort(view, index)?.reserveNext) return 'even';
  if (view.has(A.AdditionalAddressFamily)) return refused('bad-request');
  return core.reservations.hasRoom(credential.identity) ? 'even-and-next' : refused('no-ports');
}
