import type { Plan, Rule } from '../../../src/topology/index.ts';
import { DESK, EDGE_INSIDE, type HostName, PARTNER, type Perimeter, PUBLIC } from './perimeter.ts';

/** First packets, told apart by what rules can say: `udp 3478`, or with both ports where the edge sends, `udp 50000 443`. */
type Kind = string;

/** Ports on both sides of every border a plan of ours can have, and some that nobody plans. */
const BORDERS = [
  1, 22, 53, 80, 442, 443, 444, 3477, 3478, 3479, 5061, 8080, 49_999, 50_000, 55_555, 59_999, 60_000, 65_535,
];
const SOURCES = [3477, 3478, 3479, 40_000, 49_999, 50_000, 55_555, 59_999, 60_000];

/**
 * Notes, at both ends, which first packets arrive past all filters. They are counted in the kernel behind the edge's own firewall, so that it
 * does not matter who listens.
 */
export async function countArrivals({ net }: Perimeter): Promise<void> {
  await net.load(
    'edge',
    `${COUNTER('in', 'input', 'iifname "perimeter"', '')}${COUNTER('inside', 'input', 'iifname "perimeter-in"', '')}`,
  );
  await net.load('partner', COUNTER('out', 'prerouting', `ip saddr ${PUBLIC}`, 'th sport . '));
  await net.load('desk', COUNTER('desk', 'prerouting', 'iifname "perimeter"', ''));
}

const COUNTER = (name: string, hook: string, which: string, source: string) => `table inet count_${name} {
  set seen { type inet_proto . ${source === '' ? '' : 'inet_service . '}inet_service; flags dynamic; size 65535; }
  chain every { type filter hook ${hook} priority 100; ${which} ct state new meta l4proto { tcp, udp } update @seen { meta l4proto . ${source}th dport }; }
}
`;

async function seen({ net }: Perimeter, where: 'edge' | 'partner' | 'desk', name: string): Promise<Kind[]> {
  const text = await net.in(where, 'nft', '-j', 'list', 'set', 'inet', `count_${name}`, 'seen');
  await net.in(where, 'nft', 'flush', 'set', 'inet', `count_${name}`, 'seen');
  const [, { set }] = JSON.parse(text).nftables;
  const elements: { concat: (string | number)[] }[] = set.elem ?? [];
  return elements.map(({ concat }) => concat.join(' ')).toSorted();
}

export interface Passage {
  /** From the Internet to the edge's public address. */
  readonly in: Kind[];
  /** From a desk to the edge's internal address. */
  readonly inside: Kind[];
  /** From the edge to a partner. */
  readonly out: Kind[];
  /** From the Internet to a desk, or to the edge's internal address, had they a route there. */
  readonly through: Kind[];
}

/** Sends first packets of every kind every way; which of them arrive. */
export async function probe(lab: Perimeter): Promise<Passage> {
  for (const name of ['in', 'inside'] as const) await seen(lab, 'edge', name);
  await Promise.all([knock(lab, 'partner', PUBLIC, BORDERS), knock(lab, 'desk', EDGE_INSIDE, BORDERS), fromEdge(lab)]);
  const [arrived, inside, out] = [
    await seen(lab, 'edge', 'in'),
    await seen(lab, 'edge', 'inside'),
    await seen(lab, 'partner', 'out'),
  ];
  await lab.net.in('internet', 'ip', 'route', 'replace', '192.168.0.0/16', 'via', '131.107.155.2');
  await lab.net.in('nat', 'ip', 'route', 'replace', '192.168.0.0/16', 'via', '10.45.1.2');
  await seen(lab, 'desk', 'desk');
  await Promise.all([knock(lab, 'partner', DESK, BORDERS), knock(lab, 'partner', EDGE_INSIDE, BORDERS)]);
  return {
    in: arrived,
    inside,
    out,
    through: [...(await seen(lab, 'desk', 'desk')), ...(await seen(lab, 'edge', 'inside'))],
  };
}

async function knock(lab: Perimeter, from: HostName, to: string, ports: readonly number[]): Promise<void> {
  await lab.host(from).ask({ do: 'datagrams', to, fromPort: 0, ports });
  await lab.host(from).ask({ do: 'connections', to, fromPort: 0, ports });
}

async function fromEdge(lab: Perimeter): Promise<void> {
  const edge = lab.host('edge');
  const kinds = ['datagrams', 'connections'] as const;
  const asks = SOURCES.flatMap(fromPort => kinds.map(each => ({ do: each, to: PARTNER, fromPort, ports: BORDERS })));
  await Promise.all(asks.map(ask => edge.ask(ask)));
}

/** What of these probes a plan lets through. */
export function expected(plan: Plan): Passage {
  const ways = (side: Rule['side'], direction: Rule['direction']) =>
    plan.rules.filter(rule => rule.side === side && rule.direction === direction);
  const arriving = (rules: readonly Rule[]) =>
    kinds(rules, ({ protocol, destinationPorts }) => inRange(BORDERS, destinationPorts).map(to => `${protocol} ${to}`));
  return {
    in: arriving(ways('external', 'in')),
    inside: arriving(ways('internal', 'in')),
    out: kinds(ways('external', 'out'), ({ protocol, sourcePorts, destinationPorts }) =>
      inRange(SOURCES, sourcePorts).flatMap(from =>
        inRange(BORDERS, destinationPorts).map(to => `${protocol} ${from} ${to}`),
      ),
    ),
    through: [],
  };
}

function kinds(rules: readonly Rule[], of: (rule: Rule) => Kind[]): Kind[] {
  return [...new Set(rules.flatMap(of))].toSorted();
}

function inRange(ports: readonly number[], { first, last }: { first: number; last: number }): number[] {
  return ports.filter(port => port >= first && port <= last);
}
