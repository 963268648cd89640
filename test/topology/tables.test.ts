import { expect, test } from 'vitest';
import { addressesText, type Policy, planOf, portsText, type Rule } from '../../src/topology/index.ts';
import { formatIp } from '../../src/wire/index.ts';
import { type TopologyName, topology } from '../testkit/topologies.ts';
import {
  BY_PARTNER,
  DESTINATION_ONLY,
  INTERNAL,
  NAT,
  OCS_2007_BESIDES,
  SOURCE_AND_DESTINATION,
  type TableRow,
  type Ways,
} from '../vectors/firewall-tables.ts';

const EDGE = '10.45.16.10';

test.each(BY_PARTNER)('partner $partner: each column of the table is planned, in its ways and no others', row => {
  const rules = rulesFor(row.partner === 'none' ? 'remote-users' : row.partner, 'source-and-destination');
  expect(waysOf(rules, 'tcp', '443')).toBe(row.tcp443);
  expect(waysOf(rules, 'udp', '3478')).toBe(row.udp3478);
  expect(waysOf(rules, 'udp', '50000-59999')).toBe(row.udpRelays);
  const tcpRelays = rules.filter(rule => rule.protocol === 'tcp' && isAbout(rule, '50000-59999'));
  expect(ways(tcpRelays)).toBe(row.tcpRelays);
});

test.each(['lync', 'ocs2007r2'] as const)(
  '%s: the destination-only table is planned, row by row and nothing more',
  kind => {
    expect(rulesFor(kind, 'destination').map(rowOf).toSorted(byText)).toEqual(DESTINATION_ONLY.toSorted(byText));
  },
);

test.each(['lync', 'ocs2007r2'] as const)(
  '%s: the source-and-destination table is planned, row by row and nothing more',
  kind => {
    const rows = rulesFor(kind, 'source-and-destination').map(rowOf);
    expect(rows.toSorted(byText)).toEqual(SOURCE_AND_DESTINATION.toSorted(byText));
  },
);

test.each(['destination', 'source-and-destination'] as const)(
  'OCS 2007 by %s: the range opens both ways besides',
  policy => {
    const rows = rulesFor('ocs2007', policy).map(rowOf);
    const table = policy === 'destination' ? DESTINATION_ONLY : SOURCE_AND_DESTINATION;
    const withoutUdpOut = table.filter(({ from, protocol }) => from === 'any' || protocol === 'tcp');
    const besides = OCS_2007_BESIDES.map(row => ({
      ...row,
      sourcePort: policy === 'destination' || row.from === 'any' ? 'any' : '50000-59999',
    }));
    expect(rows.toSorted(byText)).toEqual([...withoutUdpOut, ...besides].toSorted(byText));
  },
);

test.each(['remote-users', 'lync', 'ocs2007', 'standard'] as const)(
  '%s: the internal side is the table of the internal side',
  name => {
    const rules = planOf(topology(name), { policy: 'source-and-destination', side: 'internal' }).rules;
    expect(rules.map(rowOf).toSorted(byText)).toEqual(INTERNAL.toSorted(byText));
    expect(new Set(rules.map(({ source }) => addressesText(source)))).toEqual(new Set(['192.168.0.0/16']));
  },
);

test('standard partners: every relay port and every port of theirs, both ways, and the ports of remote users', () => {
  expect(rulesFor('standard', 'source-and-destination').map(rowOf)).toEqual([
    { from: 'any', protocol: 'udp', sourcePort: 'any', port: '3478' },
    { from: 'any', protocol: 'tcp', sourcePort: 'any', port: '443' },
    { from: 'any', protocol: 'udp', sourcePort: 'any', port: '50000-59999' },
    { from: 'edge', protocol: 'udp', sourcePort: '50000-59999', port: 'any' },
  ]);
});

test('the worked example: the NAT changes one address in each direction, and no port', () => {
  const { nat } = planOf(topology('remote-users'), { policy: 'destination' });
  const [inward, outward] = nat;
  expect([inward, outward].map(t => ({ direction: t!.direction, change: t!.change }))).toEqual(NAT);
  expect(formatIp(inward!.publicAddress)).toBe('131.107.155.30');
  expect(formatIp(inward!.ownAddress)).toBe(EDGE);
});

test('public addresses need no NAT, and the internal side never has one', () => {
  expect(planOf(topology('public-addresses'), { policy: 'destination' }).nat).toEqual([]);
  expect(planOf(topology('lync'), { policy: 'destination', side: 'internal' }).nat).toEqual([]);
});

test('each address of a pool is translated for itself, hairpin included', () => {
  const { nat } = planOf(topology('pool-of-two-addresses'), { policy: 'destination' });
  expect(nat.map(({ id }) => id)).toEqual([
    'nat-in-131.107.155.30',
    'nat-out-131.107.155.30',
    'nat-hairpin-131.107.155.30',
    'nat-in-131.107.155.31',
    'nat-out-131.107.155.31',
    'nat-hairpin-131.107.155.31',
  ]);
});

function rulesFor(name: TopologyName, policy: Policy): readonly Rule[] {
  return planOf(topology(name), { policy, side: 'external' }).rules;
}

function rowOf({ direction, protocol, sourcePorts, destinationPorts }: Rule): TableRow {
  return {
    from: direction === 'in' ? 'any' : 'edge',
    protocol,
    sourcePort: portsText(sourcePorts),
    port: portsText(destinationPorts),
  };
}

function waysOf(rules: readonly Rule[], protocol: string, port: string): Ways {
  return ways(rules.filter(rule => rule.protocol === protocol && portsText(rule.destinationPorts) === port));
}

/** The table of partners speaks of the edge's own ports, whichever end of the packets they are. */
function isAbout({ direction, sourcePorts, destinationPorts }: Rule, range: string): boolean {
  return portsText(direction === 'in' ? destinationPorts : sourcePorts) === range;
}

function ways(rules: readonly Rule[]): Ways {
  const found = (['in', 'out'] as const).filter(way => rules.some(({ direction }) => direction === way));
  return found.length === 0 ? '-' : (found.join(', ') as Ways);
}

function byText(a: object, b: object): number {
  return JSON.stringify(a, Object.keys(a).toSorted()) < JSON.stringify(b, Object.keys(b).toSorted()) ? -1 : 1;
}
