import {
  AddressBuffer,
  BARE,
  copyOf,
  MS_ATTRIBUTES,
  type MsMessageView,
  type PeerAddress,
  type TransportAddress,
} from '../../wire/index.ts';
import type { Allocation } from '../allocation.ts';
import type { Core } from '../core.ts';
import type { Effect } from '../effects.ts';
import { readMsPeer } from '../named-peer.ts';
import { silence } from '../refuse.ts';
import { isRefused, type Refused, refused } from '../request.ts';
import { MsAnswer } from './answer.ts';
import { msSessionOf, NO_NUMBER, vouchedNumber } from './later-message.ts';
import { msPermit, msRelayFor } from './permit.ts';
import { msRefuse } from './refuse.ts';
import { type MsRequest, msHasUnknown, sameBytes } from './request.ts';
import type { MsSession } from './session.ts';

const A = MS_ATTRIBUTES;

/** Set Active Destination (MS-TURN §3.3.5.3): from its answer on, bytes between the client and this one peer travel bare. */
export function onMsSetActiveDestination(core: Core, request: MsRequest): readonly Effect[] {
  const { client, view } = request;
  const allocation = core.allocations.of(client.id);
  const session = msSessionOf(allocation);
  if (allocation === undefined || session === undefined) return silence(client, 'ms-without-allocation');
  const number = vouchedNumber(view, session);
  if (typeof number === 'string') return silence(client, number);
  const answer = new MsAnswer(request, session.key);
  const { lastSetActive } = session;
  if (lastSetActive !== undefined && sameBytes(lastSetActive.transactionId, answer.transactionId)) {
    return [answer.reply(lastSetActive.bytes)];
  }
  if (number !== NO_NUMBER) {
    const isFresh = session.sequence.verdict(number) === 'fresh' && number > session.activeSince;
    if (!isFresh) return silence(client, 'ms-replayed');
    session.sequence.note(number);
  }
  const outcome = setActive(core, allocation, session, view);
  const effects = isRefused(outcome) ? msRefuse(answer, outcome) : succeed(answer, session, number, outcome);
  const reply = effects.at(-1);
  if (reply?.do === 'reply')
    session.lastSetActive = { transactionId: answer.transactionId, bytes: reply.bytes.slice() };
  return effects;
}

function succeed(answer: MsAnswer, session: MsSession, number: number, effects: readonly Effect[]): readonly Effect[] {
  session.activeSince = number;
  const bytes = answer.succeed(w => {
    if (number !== NO_NUMBER) w.sequenceNumber(session.connectionId, number);
  });
  return [...effects, answer.reply(bytes)];
}

/** Sets first: the answer tells the client that the relay is ready (MS-TURN §3.3.5.3). What is refused changes nothing. */
function setActive(core: Core, allocation: Allocation, session: MsSession, view: MsMessageView): Effect[] | Refused {
  const buffer = new AddressBuffer();
  if (!view.has(A.DestinationAddress)) return refused('no-destination');
  const isAddress = readMsPeer(core, view, view.find(A.DestinationAddress), buffer) && buffer.port !== 0;
  if (!isAddress || msHasUnknown(view)) return refused('bad-request');
  const peer = copyOf<TransportAddress>(buffer) as PeerAddress;
  const relay = msRelayFor(core, allocation, peer);
  if (isRefused(relay)) return relay;
  const effects: Effect[] = [];
  msPermit(relay, peer, effects);
  session.active = peer;
  effects.push({ do: 'install-channel', relay: relay.id, channel: BARE, peer });
  return effects;
}
