import {
  ATTRIBUTES,
  HEADER_LENGTH,
  type MessageView,
  type MessageWriter,
  readChangeRequest,
  readResponsePort,
  type TransportAddress,
  withPort,
} from '../wire/index.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import { refuseStranger, unauthenticatedReply } from './refuse.ts';
import { type Request, refused, unknownAttributes } from './request.ts';

const A = ATTRIBUTES;
const OURS: readonly number[] = [A.ChangeRequest, A.ResponsePort, A.Padding];
const ALONE: readonly number[] = [A.ResponsePort];
/** Longer than every link's MTU there is outside of data centres: what padding is for. */
const MOST_PADDING = 2048;
const ROOM = HEADER_LENGTH + 256 + MOST_PADDING;

/**
 * Binding where four of our sockets answer for each other (RFC 5780 §6.1), or one alone for another port: a client finds out what its NAT
 * does. Whatever it asks, the answer goes to the IP address that the request came from and is no longer than a stranger's budget allows.
 */
export function onDiscovery(core: Core, request: Request, alternate: TransportAddress | undefined): readonly Effect[] {
  const { client, view } = request;
  const known = alternate === undefined ? ALONE : OURS;
  const unknown = unknownAttributes(view).filter(type => !known.includes(type) && !isEmptyChange(view, type));
  if (unknown.length > 0) return refuseStranger(core, request, refused('unknown-attribute', { unknown }));
  const wish = wishOf(request, alternate ?? client.local);
  if (wish === undefined) return refuseStranger(core, request, refused('bad-request'));
  const { from, port, padding } = wish;
  const answer = new Answer(request, undefined);
  const mapped = (w: MessageWriter) => w.xorAddress(A.XorMappedAddress, client.address);
  const replied = unauthenticatedReply(core, request, most => {
    const whole = answer.succeed(w => {
      mapped(w).plainAddress(A.ResponseOrigin, core.questions.advertised(from));
      if (alternate !== undefined) w.plainAddress(A.OtherAddress, core.questions.advertised(alternate));
      if (padding > 0) w.raw(A.Padding, new Uint8Array(padding));
    }, ROOM);
    return whole.length <= most ? whole : answer.succeed(mapped);
  });
  return replied.map(effect => (effect.do === 'reply' ? { ...effect, via: { from, port } } : effect));
}

/** A CHANGE-REQUEST that asks for no change, as STUNTMAN's client has in each of its requests: that much any server can do. */
export function isEmptyChange(view: MessageView, type: number): boolean {
  if (type !== A.ChangeRequest) return false;
  const change = readChangeRequest(view, view.find(type));
  return change !== undefined && !change.changeIp && !change.changePort;
}

interface Wish {
  /** Which of our addresses is to answer, as sockets know it. */
  readonly from: TransportAddress;
  /** The client's port that is to be answered. */
  readonly port: number;
  readonly padding: number;
}

/** Undefined: malformed, or two wishes that exclude each other (RFC 5780 §7.6). */
function wishOf({ client, view }: Request, alternate: TransportAddress): Wish | undefined {
  const change = view.has(A.ChangeRequest) ? readChangeRequest(view, view.find(A.ChangeRequest)) : NO_CHANGE;
  const port = view.has(A.ResponsePort) ? readResponsePort(view, view.find(A.ResponsePort)) : client.address.port;
  if (change === undefined || port === undefined || port === 0) return undefined;
  if (view.has(A.Padding) && view.has(A.ResponsePort)) return undefined;
  const ip = change.changeIp ? alternate : client.local;
  const from = withPort(ip, change.changePort ? alternate.port : client.local.port);
  return { from, port, padding: view.has(A.Padding) ? paddingOf(view.lengthAt(view.find(A.Padding))) : 0 };
}

const NO_CHANGE = { changeIp: false, changePort: false };

/** As much as came, in whole words: then the answer is hardly longer than the request. */
function paddingOf(length: number): number {
  return Math.min(length, MOST_PADDING) & ~3;
}
