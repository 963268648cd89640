import { expect, test } from 'vitest';
import { mediaRelays } from './media-relays.ts';

const HOSTS = [
  { host: '192.0.2.7', udp: [3478, 443], tcp: [443, 80], tls: [443] },
  { host: '192.0.2.8', udp: [3478], tcp: [], tls: [] },
  { host: '2001:db8::7', udp: [3478], tcp: [], tls: [] },
  { host: 'edge.example.test', udp: [], tcp: [], tls: [443] },
];

test('clients of the Microsoft dialect are told hosts with UDP and IPv4, and one port of each', () => {
  expect(mediaRelays(HOSTS, true)).toEqual([
    { host: '192.0.2.7', udpPort: 3478, tcpPort: 443 },
    { host: '192.0.2.8', udpPort: 3478 },
  ]);
});

test('where the edge has no TCP relays they are told no TCP port', () => {
  expect(mediaRelays(HOSTS, false)).toEqual([
    { host: '192.0.2.7', udpPort: 3478 },
    { host: '192.0.2.8', udpPort: 3478 },
  ]);
});
