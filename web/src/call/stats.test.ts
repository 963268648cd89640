import { expect, test } from 'vitest';
import { type Entry, readPeer } from './stats.ts';

const relay = (id: string, more: Entry): [string, Entry] => [
  id,
  { id, candidateType: 'relay', protocol: 'udp', address: '192.0.2.1', port: 50001, ...more },
];

const chromium = new Map<string, Entry>([
  ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
  ['P', pair({ currentRoundTripTime: 0.0125, bytesSent: 1000, bytesReceived: 2000, responsesReceived: 3 })],
  ['Q', pair({ id: 'Q', requestsSent: 9 })],
  relay('L', { type: 'local-candidate', relayProtocol: 'tls', url: 'turns:a:5349?transport=tcp' }),
  relay('R', { type: 'remote-candidate', port: 50002 }),
  ['V', { type: 'inbound-rtp', kind: 'video', framesDecoded: 90, framesPerSecond: 30, packetsLost: 2, jitter: 0.004 }],
  ['A', { type: 'inbound-rtp', kind: 'audio', packetsReceived: 50, packetsLost: -1 }],
]);

test('the chosen pair is read with both ends', () => {
  const { local, remote, roundTripMs, bytesSent } = readPeer(chromium);
  expect(local).toMatchObject({ type: 'relay', relayProtocol: 'tls', address: '192.0.2.1', port: 50001 });
  expect(remote).toMatchObject({ type: 'relay', relayProtocol: null, port: 50002 });
  expect(roundTripMs).toBe(12.5);
  expect(bytesSent).toBe(1000);
});

test('sound and picture are counted together, and a negative loss is none', () => {
  expect(readPeer(chromium)).toMatchObject({ framesDecoded: 90, packetsLost: 2, packetsReceived: 50, jitterMs: 4 });
});

test('pairs that never answered are told from those that did', () => {
  expect(readPeer(chromium)).toMatchObject({ pairsTried: 2, pairsAnswered: 1 });
});

test('a browser that marks the pair instead of naming it is understood', () => {
  const firefox = new Map(chromium);
  firefox.delete('T');
  firefox.set('P', pair({ selected: true }));
  expect(readPeer(firefox).local?.type).toBe('relay');
});

test('a candidate that does not say how it reaches the relay is asked for its address', () => {
  const silent = new Map(chromium);
  silent.set(...relay('L', { type: 'local-candidate', url: 'turn:a:3478?transport=tcp' }));
  expect(readPeer(silent).local?.relayProtocol).toBe('tcp');
});

test('before the first packet there is nothing', () => {
  expect(readPeer(new Map())).toMatchObject({ local: null, roundTripMs: null, framesDecoded: 0, pairsTried: 0 });
});

function pair(more: Entry): Entry {
  return {
    type: 'candidate-pair',
    id: 'P',
    localCandidateId: 'L',
    remoteCandidateId: 'R',
    requestsSent: 4,
    ...more,
  };
}
