import { expect, test } from 'vitest';
import { type Attempt, NOTHING_YET, type PeerFacts } from './facts.ts';
import { type Evidence, judge } from './verdict.ts';

const minted = { ok: true, minted: { iceServers: [], expiresAt: new Date(0) } } as const;
const relay = { type: 'relay', protocol: 'udp', relayProtocol: 'tls', address: '192.0.2.1', port: 1, url: '' } as const;
const sees: PeerFacts = { ...NOTHING_YET, local: relay, remote: relay, framesDecoded: 60 };

test('relayed on both sides with moving pictures works, and says over what', () => {
  expect(judge(seen({ stage: 'connected', a: sees, b: sees }))).toMatchObject({
    kind: 'works',
    title: 'It works over TLS',
  });
});

test('a call that loses packets works, and the loss is spoken of', () => {
  const lossy = { ...sees, packetsReceived: 900, packetsLost: 100 };
  const verdict = judge(seen({ stage: 'connected', a: lossy, b: lossy }));
  expect(verdict.kind).toBe('works');
  expect(verdict.remedy.join()).toContain('10.0 %');
});

test('a lost packet or two are not spoken of', () => {
  const fine = { ...sees, packetsReceived: 900, packetsLost: 2 };
  expect(judge(seen({ stage: 'connected', a: fine, b: fine })).remedy).toEqual([]);
});

test('one side without a picture is not enough', () => {
  const verdict = judge(seen({ stage: 'connected', a: sees, b: { ...sees, framesDecoded: 1 } }));
  expect(verdict).toMatchObject({ kind: 'working', code: 'first-picture' });
});

test('a call that goes past the relay proves nothing', () => {
  const direct = { ...sees, local: { ...relay, type: 'host' } };
  expect(judge(seen({ stage: 'connected', a: sees, b: direct })).code).toBe('not-relayed');
});

test.each([
  [401, 'credential-refused'],
  [403, 'request-forbidden'],
  [486, 'quota-reached'],
  [508, 'no-capacity'],
])('code %i of the relay is said in words', (errorCode, code) => {
  expect(judge(failed({ errorCode })).code).toBe(code);
});

test.each([
  ['udp', false, 'udp-unreachable'],
  ['tcp', false, 'tcp-unreachable'],
  ['tls', false, 'tls-unreachable'],
  ['tls', true, 'certificate-not-trusted'],
] as const)('701 over %s with an answering port: %s is %s', (transport, portAnswers, code) => {
  expect(judge(failed({ errorCode: 701, transport, portAnswers })).code).toBe(code);
});

test('what the relay said explains more than a timeout on another address', () => {
  const attempts = [attempt({ errorCode: 701 }), attempt({ errorCode: 486 })];
  expect(judge(seen({ stage: 'failed', attempts })).code).toBe('quota-reached');
});

test('a quota that one peer met is the reason, although the other has its relay', () => {
  const attempts = [attempt({ outcome: 'relayed', relay: '127.0.0.1:50001', errorCode: 486 })];
  expect(judge(seen({ stage: 'failed', attempts })).code).toBe('quota-reached');
});

test('relayed addresses without a way between them point at the peer policy', () => {
  const attempts = [attempt({ outcome: 'relayed', relay: '127.0.0.1:50001' })];
  const verdict = judge(seen({ stage: 'failed', attempts }));
  expect(verdict.code).toBe('peer-refused');
  expect(verdict.reason).toContain('127.0.0.1:50001');
  expect(verdict.remedy.join()).toContain('external.peers.allow');
});

test('an address that only a probe reached does not hide why the chosen one failed', () => {
  const attempts = [
    attempt({ transport: 'udp', url: 'turn:a:3478?transport=udp', outcome: 'relayed' }),
    attempt({ transport: 'tls', url: 'turns:a:5349?transport=tcp', errorCode: 701, portAnswers: true }),
  ];
  expect(judge(seen({ stage: 'failed', choice: 'tls', attempts })).code).toBe('certificate-not-trusted');
});

test('a browser that gave no reason is named as such', () => {
  expect(judge(seen({ stage: 'failed' })).code).toBe('no-relay');
});

test.each(['token-missing', 'token-refused', 'api-unreachable', 'api-absent', 'api-busy', 'api-failed'] as const)(
  'credentials refused as %s are the reason',
  why => {
    const verdict = judge(seen({ stage: 'failed', credentials: { ok: false, why, said: 'x' } }));
    expect(verdict).toMatchObject({ kind: 'fails', code: why });
    expect(verdict.remedy.length).toBeGreaterThan(0);
  },
);

test('a transport the edge does not offer is said before anything is tried', () => {
  expect(judge(seen({ stage: 'failed', choice: 'tls', offered: 0 }))).toMatchObject({
    code: 'transport-not-offered',
    title: 'The edge offers no address for TLS',
  });
});

test('a refused camera is not blamed on the relay', () => {
  expect(judge(seen({ stage: 'failed', cameraRefused: 'Permission denied' })).code).toBe('camera-refused');
});

test('a broken call says so', () => {
  expect(judge(seen({ stage: 'lost', a: sees, b: sees })).code).toBe('call-lost');
});

test.each([
  ['idle', 'idle'],
  ['asking', 'asking'],
  ['connecting', 'allocating'],
  ['stopped', 'stopped'],
] as const)('%s reads as %s', (stage, code) => {
  expect(judge(seen({ stage })).code).toBe(code);
});

function seen(part: Partial<Evidence>): Evidence {
  const nothing = {
    choice: 'all',
    cameraRefused: '',
    offered: 1,
    attempts: [],
    a: NOTHING_YET,
    b: NOTHING_YET,
  } as const;
  return { stage: 'idle', credentials: minted, ...nothing, ...part };
}

function failed(part: Partial<Attempt>): Evidence {
  return seen({ stage: 'failed', attempts: [attempt(part)] });
}

function attempt(part: Partial<Attempt>): Attempt {
  const nothing = { relay: '', tookMs: 0, errorCode: 0, errorText: '', portAnswers: false };
  return { url: 'turn:a:3478?transport=udp', transport: 'udp', outcome: 'failed', ...nothing, ...part };
}
