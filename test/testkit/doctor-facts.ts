import {
  type Expected,
  expectedOf,
  type Facts,
  type MachineFacts,
  type Reach,
  type TargetFacts,
} from '../../src/topology/doctor/index.ts';
import { configFrom } from './topologies.ts';

/* What doctor and probe see of a healthy edge behind a NAT: the worked example of the documents. Tests spoil one thing each. */

export const PUBLIC = '131.107.155.30';
export const OWN = '10.45.16.10';
export const PROBE = '131.107.200.80';
export const RELAY = `${PUBLIC}:50500`;
export const NOW = Date.parse('2026-06-01T12:00:00Z');
const DAY = 86_400_000;

export const EXPECTED: Expected = expectedOf(
  configFrom(`realm: corp.example
external: { address: ${OWN}, public: ${PUBLIC} }
credentials: { secrets: [north-wind] }
`),
  'configuration',
  { side: 'external', name: 'turn.corp.example' },
);

export const TLS: NonNullable<Reach['tls']> = {
  name: 'turn.corp.example',
  chainError: undefined,
  names: ['turn.corp.example'],
  matches: true,
  notBefore: NOW - DAY,
  notAfter: NOW + 90 * DAY,
};

export function reach(transport: Reach['transport'], different: Partial<Reach> = {}): Reach {
  const seen = `${PROBE}:40000`;
  return {
    transport,
    port: transport === 'udp' ? 3478 : 443,
    outcome: 'answered',
    millis: 12,
    local: seen,
    mapped: seen,
    standard: { said: 'accepted' },
    tls: transport === 'tls' ? TLS : undefined,
    ...different,
  };
}

export const RELAYED: NonNullable<TargetFacts['relayed']> = {
  relayed: RELAY,
  peer: { local: `${PROBE}:40001`, mapped: `${PROBE}:40001` },
  outFirst: [{ from: RELAY }, { from: RELAY }],
  inward: { from: `${PROBE}:40001` },
  outReply: { from: RELAY },
  sizes: [1200, 1400, 2800].map(bytes => ({ bytes, out: true, inward: true })),
};

export const TARGET: TargetFacts = {
  address: PUBLIC,
  family: 4,
  reaches: [reach('udp'), reach('tcp'), reach('tls')],
  allocation: { via: 'udp', relayed: RELAY },
  relayed: RELAYED,
  ports: { reached: [50_010, 52_000, 59_000], lost: [], untried: 0 },
  relayToRelay: true,
  elsewhere: [],
  peerPolicy: [{ peer: '10.0.0.1', answered: 'denied', expected: 'denied' }],
};

export const MACHINE: MachineFacts = {
  running: true,
  addresses: [{ address: OWN, side: 'external', isHere: true }],
  routes: [{ family: 4, hasDefault: true }],
  listeners: [
    { transport: 'udp', address: `${OWN}:3478`, state: 'answers' },
    { transport: 'tcp', address: `${OWN}:443`, state: 'answers' },
  ],
  relayPorts: { tried: 10_000, taken: [] },
  openFiles: { needed: 20_512, allowed: 65_536, whose: 'edge' },
  ephemeral: { first: 32_768, last: 60_999 },
  reserved: [{ first: 50_000, last: 59_999 }],
  admin: {
    address: '127.0.0.1',
    port: 8080,
    isOutside: false,
    isAllowedOutside: false,
    ready: { ok: true, checks: { udp: 'ok' } },
  },
  certificate: undefined,
};

export function probed(target: Partial<TargetFacts> = {}, different: Partial<Facts> = {}): Facts {
  return { by: 'probe', at: NOW, expected: EXPECTED, targets: [{ ...TARGET, ...target }], clocks: [], ...different };
}

export function examined(machine: Partial<MachineFacts> = {}): Facts {
  return { by: 'doctor', at: NOW, expected: EXPECTED, targets: [], clocks: [], machine: { ...MACHINE, ...machine } };
}
