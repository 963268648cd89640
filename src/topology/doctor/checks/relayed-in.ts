import { hostOf } from '../endpoint.ts';
import { naming, natFor, rulesFor } from '../expected.ts';
import type { Facts, PortFacts, TargetFacts } from '../facts.ts';
import { spansOf, spansText } from '../port-spans.ts';
import { fault, ok, type Result, unknown } from '../result.ts';
import { wrongAddress } from './relayed-address.ts';
import { rewritten } from './source-kept.ts';

/** Peers reach relays: on the ports that were tried, or on every port of the range. */
export function relayedIn(facts: Facts): Result[] {
  return facts.targets.flatMap(target =>
    target.relayed === undefined && target.ports === undefined ? [] : judged(facts, target),
  );
}

function judged(facts: Facts, target: TargetFacts): Result[] {
  const { address, relayed, ports } = target;
  if (wrongAddress(target)) return [unknown('relayed-in', address, 'relays are told by a wrong address')];
  if (rewritten(facts, target)) return [unknown('relayed-in', address, 'sources are rewritten on the way in')];
  const tried = ports ?? onePort(target);
  return [
    ...(tried === undefined ? [] : [ofPorts(facts, target, tried)]),
    ...(relayed === undefined ? [] : source(facts, target)),
  ];
}

function onePort({ relayed }: TargetFacts): PortFacts | undefined {
  if (relayed === undefined) return undefined;
  const port = [Number(relayed.relayed.slice(relayed.relayed.lastIndexOf(':') + 1))];
  return relayed.inward.from === undefined
    ? { reached: [], lost: port, untried: 0 }
    : { reached: port, lost: [], untried: 0 };
}

function ofPorts({ expected }: Facts, { address, family }: TargetFacts, { reached, lost, untried }: PortFacts): Result {
  const all = reached.length + lost.length;
  const rest = untried === 0 ? '' : `, ${untried} were given to nobody in the time there was`;
  if (lost.length === 0)
    return ok('relay-ports-reached', address, `${reached.length} of ${all} relay ports tried are reached${rest}`);
  if (!expected.relayIn)
    return unknown('relay-ports-reached', address, 'closed, as planned: only relays of edges exchange media here');
  const rules = rulesFor(expected, 'in', 'udp', family);
  const { first, last } = expected.relayPorts;
  const told = {
    place: 'firewall' as const,
    rules,
    change: `let in ${naming(rules, `UDP ${first}-${last} to ${address}`)}: UDP from any port to ${first}-${last}, all of them`,
  };
  if (reached.length === 0) {
    return fault('relay-ports-reached', address, {
      id: 'relay-range-blocked',
      seen: `none of ${all} relay ports tried is reached${rest}`,
      ...told,
      means: 'The firewall closes the relay range: peers that send media to a relay are not heard.',
    });
  }
  return fault('relay-ports-reached', address, {
    id: 'relay-range-partly-blocked',
    ...told,
    seen: `${lost.length} of ${all} relay ports tried are not reached, among ${spansText(spansOf(lost, reached))}${rest}`,
    means: 'The firewall opens part of the relay range: some calls have no sound, at random.',
  });
}

/** The relay's view of who sends is a second proof of ChangeDST. */
function source({ expected }: Facts, { address, relayed }: TargetFacts): Result[] {
  const from = relayed?.inward.from;
  const mapped = relayed?.peer.mapped;
  if (from === undefined || mapped === undefined || hostOf(from) === hostOf(mapped)) return [];
  return [
    fault('relayed-in', address, {
      id: 'source-rewritten',
      place: 'nat',
      rules: natFor(expected, 'in'),
      seen: `a relay got our datagram from ${from}, and we are ${mapped}`,
      means: 'Packets to relay ports have their source rewritten on the way in: the relay drops what peers send.',
      change: `translate inbound packets by destination only, on all ports: ${naming(natFor(expected, 'in'), 'ChangeDST')}`,
    }),
  ];
}
