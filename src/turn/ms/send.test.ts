import { describe, expect, test } from 'vitest';
import { MsScene, msAllocated } from '../../../test/testkit/ms-scene.ts';
import { peer, said } from '../../../test/testkit/turn-bench.ts';
import { MS_ATTRIBUTES, MS_TYPES, type MsMessageWriter, type PeerAddress, withPort } from '../../wire/index.ts';

const A = MS_ATTRIBUTES;
const PEER = peer('203.0.113.9', 3000);
const OTHER = peer('203.0.113.77', 4000);

/** A Send request that is right but for what is written into it. */
const sealed = ({ talker }: MsScene, write: (w: MsMessageWriter) => MsMessageWriter) =>
  talker.message(MS_TYPES.SendRequest, w =>
    write(w.raw(A.Username, talker.username).address(A.DestinationAddress, PEER)).integrity(talker.key),
  );

describe('a Send request', () => {
  test('lets its peer in and is relayed, and is never answered', () => {
    const scene = msAllocated();
    expect(said(scene.say(scene.talker.send(PEER, 'first')))).toEqual([
      'permit 0 203.0.113.9',
      'send-to-peer 0 203.0.113.9:3000 5',
    ]);
    expect(scene.say(scene.talker.send(PEER, 'second'))).toEqual([]);
    expect(scene.say(scene.talker.send(withPort(PEER, 9) as PeerAddress, ''))).toEqual([]);
    expect(scene.sent).toEqual(['relay 0 203.0.113.9:3000 second', 'relay 0 203.0.113.9:9 ']);
  });

  test('may come in another order than it was sent', () => {
    const scene = msAllocated();
    const messages = [1, 2, 3].map(n => scene.talker.send(PEER, `${n}`));
    for (const n of [2, 0, 1]) scene.say(messages[n]!);
    expect(scene.sent.map(text => text.at(-1))).toEqual(['1', '2']);
    for (const message of messages) expect(scene.heard(message)).toEqual(['refused ms-replayed']);
    expect(scene.sent).toHaveLength(2);
  });

  test('that is 64 behind is a replay, seen or not', () => {
    const scene = msAllocated();
    scene.say(scene.talker.send(PEER, 'x', { sequence: 100 }));
    expect(scene.heard(scene.talker.send(PEER, 'x', { sequence: 36 }))).toEqual(['refused ms-replayed']);
    expect(scene.heard(scene.talker.send(PEER, 'x', { sequence: 37 }))).toEqual([]);
  });

  test('without a number is taken from clients that have never said one, and from no others', () => {
    const scene = msAllocated();
    expect(said(scene.say(scene.talker.send(PEER, 'old', { sequence: 'none' })))).toHaveLength(2);
    expect(scene.heard(scene.talker.send(PEER, 'old', { sequence: 'none' }))).toEqual([]);
    scene.say(scene.talker.send(PEER, 'new'));
    expect(scene.heard(scene.talker.send(PEER, 'old', { sequence: 'none' }))).toEqual(['refused ms-replayed']);
  });

  test('over a stream must come in order', () => {
    const scene = new MsScene({}, { transport: 'tcp' });
    scene.allocated();
    const late = scene.talker.send(PEER, 'late');
    scene.say(scene.talker.send(PEER, 'in time'));
    expect(scene.heard(late)).toEqual(['refused ms-replayed']);
  });

  test('with the number of a Set Active Destination is a replay', () => {
    const scene = msAllocated();
    scene.say(scene.talker.setActive(PEER, { sequence: 7 }));
    expect(scene.heard(scene.talker.send(PEER, 'x', { sequence: 7 }))).toEqual(['refused ms-replayed']);
  });

  test('before the Allocate is answered is dropped', () => {
    const scene = new MsScene();
    scene.challenged();
    scene.say(scene.talker.allocate());
    expect(scene.heard(scene.talker.send(PEER, 'x', { sequence: 'none' }))).toEqual(['refused ms-without-allocation']);
  });

  test('lets its peer in for as long as the allocation lives', () => {
    const scene = msAllocated();
    scene.say(scene.talker.send(PEER, 'x'));
    for (let i = 0; i < 5; i++) {
      expect(scene.bench.pass(500_000)).toEqual([]);
      scene.say(scene.talker.allocate());
    }
    expect(scene.bench.server.counts().permissions).toBe(1);
  });

  test('altered at any byte changes nothing, and its number is still good', () => {
    const scene = msAllocated();
    const message = scene.talker.send(PEER, 'payload');
    for (let at = 0; at < message.length; at++) {
      const altered = message.slice();
      altered[at]! ^= 0x20;
      const effects = scene.say(altered);
      expect(
        effects.map(effect => effect.do),
        `byte ${at}`,
      ).toEqual(['count-refusal', ...effects.slice(1).map(() => 'reply')]);
    }
    expect(scene.bench.server.counts().permissions).toBe(0);
    expect(said(scene.say(message))).toEqual(['permit 0 203.0.113.9', 'send-to-peer 0 203.0.113.9:3000 7']);
  });

  test.each<[string, (scene: MsScene) => Uint8Array, string]>([
    [
      'of another connection',
      s => s.talker.send(PEER, 'x', { connectionId: new Uint8Array(20) }),
      'ms-other-connection',
    ],
    ['under another key', s => s.talker.send(PEER, 'x', { key: new Uint8Array(16) }), 'ms-wrong-integrity'],
    ['of another user', s => s.talker.send(PEER, 'x', { username: Buffer.from('bobby') }), 'ms-other-user'],
    ['to port 0', s => s.talker.send(peer('203.0.113.9', 0), 'x'), 'ms-malformed'],
    ['to a listener of ours', s => s.talker.send(peer('203.0.113.9', 3478), 'x'), 'send-to-own-endpoint'],
    ['to an IPv6 peer', s => s.talker.send(peer('2001:db8::9', 9), 'x'), 'peer-family-mismatch'],
    [
      'with a number cut short',
      s => sealed(s, w => w.raw(A.MsSequenceNumber, s.talker.connectionId!).raw(A.Data, [1])),
      'ms-malformed',
    ],
    ['with what must be understood', s => sealed(s, w => w.raw(0x0777, [1]).raw(A.Data, [1])), 'ms-malformed'],
    [
      'without data',
      s => s.talker.message(MS_TYPES.SendRequest, w => w.address(A.DestinationAddress, PEER)),
      'ms-malformed',
    ],
  ])('%s is dropped by name', (_, make, reason) => {
    const scene = msAllocated();
    expect(scene.heard(make(scene))).toEqual([`refused ${reason}`]);
    expect([scene.sent, scene.bench.server.counts().permissions]).toEqual([[], 0]);
  });

  test('to a peer that is denied, or to one too many, is dropped and says which rule', () => {
    const scene = msAllocated();
    scene.bench.rules.denied = ({ port }) => port === 4000;
    expect(scene.heard(scene.talker.send(OTHER, 'x'))).toEqual(['refused peer-denied by test rule']);
    for (let ip = 1; ip <= 4; ip++) scene.say(scene.talker.send(peer(`203.0.113.${ip}`, 9), 'x'));
    expect(scene.heard(scene.talker.send(peer('203.0.113.5', 9), 'x'))).toEqual(['refused permission-limit']);
    expect(scene.bench.server.counts().permissions).toBe(4);
  });

  test('of a stranger is dropped', () => {
    const scene = new MsScene();
    scene.talker.connectionId = new Uint8Array(20);
    expect(scene.heard(scene.talker.send(PEER, 'x'))).toEqual(['refused ms-without-allocation']);
  });
});
