import { hostOf, notPublic, portOf } from '../endpoint.ts';
import { type Expected, naming, natFor, rulesFor } from '../expected.ts';
import type { Elsewhere, Facts } from '../facts.ts';
import { fault, ok, type Result, type Told, warning } from '../result.ts';

/** From the edge to its own public address, to its pool mates, and to the Internet: hairpin and ChangeSRC, seen by who answers. */
export function elsewhere(facts: Facts): Result[] {
  return facts.targets.flatMap(target =>
    target.elsewhere.map(each => {
      if (each.what === 'stun') return outward(facts.expected, each);
      return each.outcome === 'answered'
        ? answered(facts.expected, each)
        : unanswered(facts.expected, each, target.family);
    }),
  );
}

function answered(expected: Expected, { what, server, mapped }: Elsewhere): Result {
  const seen = `answered, and saw ${mapped ?? 'nothing'}`;
  if (what === 'own' || mapped === undefined || expected.told.includes(hostOf(mapped)))
    return ok('hairpin', server, seen);
  return fault('hairpin', server, {
    id: 'hairpin-source',
    place: 'nat',
    seen,
    rules: natFor(expected, 'hairpin'),
    means: 'The other edge sees another address than our public one: media that it sends there is lost.',
    change: `translate the source as well: ${naming(natFor(expected, 'hairpin'), 'the hairpin rule')}`,
  });
}

function unanswered(expected: Expected, { what, server, outcome }: Elsewhere, family: 4 | 6): Result {
  const hairpin = natFor(expected, 'hairpin');
  const told: Omit<Told, 'means'> = {
    id: 'hairpin-missing',
    place: 'nat',
    seen: `no answer from ${what === 'own' ? 'our own public address' : 'the pool mate'} (${outcome})`,
    rules: what === 'own' ? hairpin : [...hairpin, ...rulesFor(expected, 'out', 'udp', family, portOf(server))],
    change: `have the NAT turn packets back that come from inside for a public address of yours: ${naming(hairpin, 'UDP 3478 and TCP 443 between the edges')}`,
  };
  if (what === 'own') {
    return warning('hairpin', server, {
      ...told,
      means:
        'The NAT has no hairpin. This edge finds its own relays without it; the other edges of its pool, and hosts inside, do not.',
    });
  }
  return fault('hairpin', server, {
    ...told,
    means: 'Edges of a pool do not reach each other by their public addresses: calls between their clients fail.',
  });
}

function outward(expected: Expected, { server, outcome, local, mapped }: Elsewhere): Result {
  const rules = natFor(expected, 'out');
  if (outcome !== 'answered' || mapped === undefined) {
    return warning('relayed-out', server, {
      id: 'outside-silent',
      place: 'firewall',
      seen: `no answer from ${server} (${outcome})`,
      rules,
      means:
        'The edge does not reach this server: outbound packets are dropped or not translated, or the server is down.',
      change: `let out UDP ${portOf(server)} and translate it: ${naming(rules, 'ChangeSRC')}`,
    });
  }
  const seen = `from ${local}, and ${server} saw ${mapped}`;
  if (!expected.told.includes(hostOf(mapped))) {
    return fault('relayed-out', server, {
      id: 'relayed-address-wrong',
      place: 'edge',
      seen,
      rules,
      means: `The Internet knows this edge as ${hostOf(mapped)}, and clients are told ${expected.told.join(', ')}.`,
      change:
        notPublic(hostOf(mapped)) === undefined
          ? `set external.public to ${hostOf(mapped)}`
          : `translate outbound packets: ${naming(rules, 'ChangeSRC')}`,
    });
  }
  if (portOf(mapped) !== portOf(local)) {
    return fault('relayed-out', server, {
      id: 'ports-rewritten',
      place: 'nat',
      seen,
      rules,
      means:
        'The NAT in front of the edge rewrites source ports (PAT). Peers get media from a port they do not know and drop it.',
      change: `keep ports: ${naming(rules, 'ChangeSRC')} translates the source address one to one, no port`,
    });
  }
  return ok('relayed-out', server, seen);
}
