import {
  AddressBuffer,
  ATTRIBUTES,
  copyOf,
  isChannel,
  type PeerAddress,
  readChannelNumber,
  sameAddress,
  type TransportAddress,
} from '../wire/index.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import { relayFor } from './create-permission.ts';
import type { Effect } from './effects.ts';
import { readPeer } from './named-peer.ts';
import { type AllocationRequest, isRefused, type Refused, refused } from './request.ts';

/** ChannelBind (RFC 8656 §12.2): binds or refreshes a channel, and the permission that goes with it. */
export function onChannelBind(core: Core, request: AllocationRequest): readonly Effect[] | Refused {
  const { view, allocation, now } = request;
  const { settings, deadlines } = core;
  const channel = readChannelNumber(view, view.find(ATTRIBUTES.ChannelNumber));
  const buffer = new AddressBuffer();
  if (channel === undefined || !readPeer(core, view, view.find(ATTRIBUTES.XorPeerAddress), buffer)) {
    return refused('bad-request');
  }
  const peer = copyOf<TransportAddress>(buffer) as PeerAddress;
  if (!isChannel(channel) || peer.port === 0) return refused('bad-request');
  const bound = allocation.peerOf(channel);
  if (bound !== undefined && !sameAddress(bound, peer)) return refused('bad-request');
  const relay = relayFor(core, request, peer);
  if (isRefused(relay)) return relay;
  if (relay.transport !== 'udp') return refused('channel-on-tcp-relay', { peer }); // RFC 6062 §3.2
  if ((relay.channels.channelOf(peer) ?? channel) !== channel) return refused('bad-request');
  if (bound === undefined && allocation.channels >= settings.channelsPerAllocation) return refused('channel-limit');
  const permitted = relay.permissions.has(peer) || allocation.permissions < settings.permissionsPerAllocation;
  if (!permitted) return refused('permission-limit');
  const effects: Effect[] = [];
  deadlines.wakeBy(allocation.timer, relay.bind(channel, peer, now, effects));
  const answer = new Answer(request, request.seal);
  effects.push(answer.reply(answer.succeed()));
  return effects;
}
