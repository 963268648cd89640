import { expect, test } from 'vitest';
import { mediaRelays } from './media-relays.ts';

test('clients of the Microsoft dialect are told hosts with UDP and IPv4, and one port of each', () => {
  expect(
    mediaRelays([
      { host: '192.0.2.7', udp: [3478, 443], tcp: [443], tls: [] },
      { host: '2001:db8::7', udp: [3478], tcp: [], tls: [] },
      { host: 'edge.example.test', udp: [], tcp: [], tls: [443] },
    ]),
  ).toEqual([{ host: '192.0.2.7', udpPort: 3478 }]);
});
