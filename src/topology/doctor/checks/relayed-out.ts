import { hostOf, notPublic, portOf } from '../endpoint.ts';
import { naming, natFor, rulesFor } from '../expected.ts';
import type { Facts, RelayedFacts, TargetFacts } from '../facts.ts';
import { fault, ok, type Result, unknown } from '../result.ts';
import { wrongAddress } from './relayed-address.ts';
import { rewritten } from './source-kept.ts';

/** What the edge sends leaves from the relayed address and port (ChangeSRC), also when it sends first. */
export function relayedOut(facts: Facts): Result[] {
  return facts.targets.flatMap(target => {
    const { relayed } = target;
    return relayed === undefined ? [] : [judged(facts, target, relayed)];
  });
}

function judged(facts: Facts, target: TargetFacts, relayed: RelayedFacts): Result {
  const { address } = target;
  if (wrongAddress(target)) return unknown('relayed-out', address, 'relays are told by a wrong address');
  if (rewritten(facts, target)) return unknown('relayed-out', address, 'sources are rewritten on the way in');
  const wrong = relayed.outFirst.find(({ from }) => from !== undefined && from !== relayed.relayed)?.from;
  if (wrong !== undefined) return misplaced(facts, target, relayed, wrong);
  if (relayed.outFirst.some(({ from }) => from !== undefined)) {
    return ok('relayed-out', address, `relayed datagrams come from ${relayed.relayed}`);
  }
  return lost(facts, target, relayed);
}

function misplaced(
  { expected }: Facts,
  { address }: TargetFacts,
  { relayed, outFirst }: RelayedFacts,
  from: string,
): Result {
  const rules = natFor(expected, 'out');
  const place = 'nat' as const;
  const seen = `relay ${relayed} sent, and its datagram came from ${[...new Set(outFirst.map(each => each.from ?? 'nowhere'))].join(' and ')}`;
  if (hostOf(from) === hostOf(relayed)) {
    return fault('relayed-out', address, {
      id: 'ports-rewritten',
      place,
      seen,
      rules,
      means: `The NAT in front of the edge rewrites source ports (PAT): ${portOf(relayed)} became ${portOf(from)}. Peers get media from a port they do not know and drop it.`,
      change: `keep ports: ${naming(rules, 'ChangeSRC')} translates the source address one to one, no port`,
    });
  }
  if (notPublic(from) !== undefined || notPublic(hostOf(from)) !== undefined || expected.own.includes(hostOf(from))) {
    return fault('relayed-out', address, {
      id: 'one-way-nat',
      place,
      seen,
      rules,
      means:
        'The NAT translates inbound packets only: what the edge sends first leaves with its private source, and the Internet drops it.',
      change: `translate outbound packets as well: ${naming(rules, 'ChangeSRC')}`,
    });
  }
  return fault('relayed-out', address, {
    id: 'leaves-by-another-address',
    place,
    seen,
    rules,
    means: 'Outbound packets leave by another public address than peers were told: they drop media from it.',
    change: `have the NAT use ${hostOf(relayed)} for the edge in both directions: ${naming(rules, 'ChangeSRC')}`,
  });
}

function lost({ expected }: Facts, { address, family }: TargetFacts, { peer, outReply }: RelayedFacts): Result {
  if (!expected.relayOut) return unknown('relayed-out', address, 'the plan lets relays send to named networks only');
  if (peer.mapped === undefined || hostOf(peer.mapped) !== hostOf(peer.local)) {
    return unknown(
      'relayed-out',
      address,
      'the NAT of this observer lets in only what it has asked for; try from a machine without one',
    );
  }
  const rules = [...rulesFor(expected, 'out', 'udp', family), ...natFor(expected, 'out')];
  const isAnswering = outReply.from !== undefined;
  return fault('relayed-out', address, {
    id: isAnswering ? 'one-way-nat' : 'relayed-out-lost',
    place: isAnswering ? 'nat' : 'firewall',
    rules,
    seen: isAnswering
      ? 'what a relay sends first does not arrive; what it answers does'
      : 'nothing that a relay sends arrives',
    means: isAnswering
      ? 'Inbound packets are let through and answered, but packets that the edge sends first are not translated (ChangeSRC) or are dropped.'
      : 'Relayed media does not leave the edge.',
    change: `let out and translate ${naming(rules, `UDP from ${portsOf(expected.relayPorts)}`)}`,
  });
}

function portsOf({ first, last }: { first: number; last: number }): string {
  return `${first}-${last}`;
}
