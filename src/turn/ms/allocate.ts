import {
  type Family,
  hasLength,
  isMsConnection,
  MS_ATTRIBUTES,
  MS_CONNECTION_ID_LENGTH,
  type MsMessageView,
  readMsSequenceNumber,
  readUint8,
  readUint32,
} from '../../wire/index.ts';
import type { Allocation } from '../allocation.ts';
import type { Core } from '../core.ts';
import type { Effect } from '../effects.ts';
import { endAllocation } from '../ending.ts';
import { grantedUntil, secondsLeft } from '../lifetime.ts';
import { beginAllocation, type Wish } from '../opening.ts';
import { isRefused, type Refused, refused } from '../request.ts';
import { MsAllocateAnswer } from './allocate-answer.ts';
import { MsAnswer } from './answer.ts';
import { msAuthenticate } from './authentication.ts';
import { msChallenge, msRefuse } from './refuse.ts';
import { type MsAuthenticRequest, type MsRequest, sameBytes } from './request.ts';
import { MsSession } from './session.ts';

const A = MS_ATTRIBUTES;

/** Allocate (MS-TURN §3.3.5.1): the first asks for a challenge, the second allocates, later ones refresh or release. */
export function onMsAllocate(core: Core, request: MsRequest): readonly Effect[] {
  if (!request.view.has(A.MessageIntegrity)) return msChallenge(core, request, refused('unauthenticated'));
  const authentic = msAuthenticate(core, request);
  if (isRefused(authentic)) return msChallenge(core, request, authentic);
  const outcome = allocate(core, authentic);
  return isRefused(outcome) ? msRefuse(new MsAnswer(authentic, authentic.key), outcome) : outcome;
}

function allocate(core: Core, request: MsAuthenticRequest): readonly Effect[] | Refused {
  const { view } = request;
  if (view.has(A.Lifetime) && !hasLength(view, view.find(A.Lifetime), 4)) return refused('bad-request');
  const lifetimeSeconds = readUint32(view, view.find(A.Lifetime));
  const existing = core.allocations.of(request.client.id);
  if (existing !== undefined) return again(core, existing, request, lifetimeSeconds);
  if (lifetimeSeconds === 0) return refused('allocation-mismatch');
  const wish = wishOf(core, request, lifetimeSeconds);
  if (isRefused(wish)) return wish;
  const { client, credential, now, username, key } = request;
  const session = new MsSession(
    core.settings.randomBytes(MS_CONNECTION_ID_LENGTH),
    username,
    key,
    client.transport !== 'udp',
  );
  const answer = new MsAllocateAnswer(request, session);
  return beginAllocation(core, { client, credential, now, answer }, wish);
}

/** The relayed transport follows the control transport (MS-TURN §1.1), so what comes over a stream wants a TCP relay. */
function wishOf(core: Core, { client, view }: MsAuthenticRequest, lifetimeSeconds: number | undefined): Wish | Refused {
  const transport = client.transport === 'udp' ? 'udp' : 'tcp-packets';
  if (transport !== 'udp' && !core.settings.canRelayTcp) return refused('unsupported-transport');
  const family = familyWanted(view);
  const ip = family === 4 ? core.questions.relayIp(client, 4) : undefined;
  if (ip === undefined) return refused('unsupported-family');
  const families = [{ family: 4 as const, ip }];
  return {
    families,
    missing: undefined,
    transport,
    port: 'any',
    reservation: undefined,
    dontFragment: false,
    lifetimeSeconds,
  };
}

/** IPv6 begins with version 4 of the dialect, which we do not announce. */
function familyWanted(view: MsMessageView): Family | undefined {
  const index = view.find(A.RequestedAddressFamily);
  if (index < 0) return 4;
  return readUint8(view, index) === 1 ? 4 : undefined;
}

/** An Allocate on a 5-tuple that has an allocation: the same one again, a refresh, a release, or somebody else's. */
function again(
  core: Core,
  existing: Allocation,
  request: MsAuthenticRequest,
  asked: number | undefined,
): readonly Effect[] | Refused {
  const { microsoft: session } = existing;
  if (session === undefined || isOfAnother(session, request.view)) return refused('allocation-mismatch');
  if (!sameBytes(session.username, request.username)) return refused('wrong-credentials');
  if (existing.opening !== undefined) return [];
  const { lastAllocate } = session;
  if (lastAllocate !== undefined && sameBytes(lastAllocate.transactionId, request.view.transactionId)) {
    return [existing.answer.reply(lastAllocate.bytes)];
  }
  return asked === 0 ? release(core, existing, session, request) : refresh(core, existing, session, request, asked);
}

/** Whether it is numbered for another allocation: one that was here before, and somebody plays it again. */
function isOfAnother(session: MsSession, view: MsMessageView): boolean {
  const sequence = view.find(A.MsSequenceNumber);
  if (readMsSequenceNumber(view, sequence) === undefined) return false;
  return !isMsConnection(view, sequence, session.connectionId);
}

function refresh(
  core: Core,
  existing: Allocation,
  session: MsSession,
  request: MsAuthenticRequest,
  asked: number | undefined,
): readonly Effect[] {
  const until = grantedUntil(core.settings, request.credential, existing.transport, asked, request.now);
  for (const relay of existing.open) relay.until = until;
  core.deadlines.wakeBy(existing.timer, until);
  return [reply(existing, session, request, secondsLeft(until, request.now))];
}

/** The answer leaves first: with its relay the client is forgotten. */
function release(core: Core, existing: Allocation, session: MsSession, request: MsAuthenticRequest): readonly Effect[] {
  const effects = [reply(existing, session, request, 0)];
  endAllocation(core, existing, 'refreshed-to-zero', request.now, effects);
  return effects;
}

function reply(existing: Allocation, session: MsSession, request: MsAuthenticRequest, lifetimeSeconds: number): Effect {
  const answer = new MsAllocateAnswer(request, session);
  return answer.reply(answer.success(existing, { lifetimeSeconds }));
}
