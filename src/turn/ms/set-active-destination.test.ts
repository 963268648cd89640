import { describe, expect, test } from 'vitest';
import { MsScene, msAllocated, replyIn } from '../../../test/testkit/ms-scene.ts';
import { peer, said } from '../../../test/testkit/turn-bench.ts';
import { MS_ATTRIBUTES, MS_TYPES } from '../../wire/index.ts';

const A = MS_ATTRIBUTES;
const PEER = peer('203.0.113.9', 3000);
const OTHER = peer('203.0.113.77', 4000);

describe('Set Active Destination', () => {
  test('lets the peer in, sets it, and only then answers', () => {
    const scene = msAllocated();
    const effects = scene.say(scene.talker.setActive(PEER));
    expect(said(effects.slice(0, -1))).toEqual(['permit 0 203.0.113.9', 'install-channel 0 0 203.0.113.9:3000']);
    const reply = replyIn(effects);
    expect(reply.attributes).toEqual([A.MagicCookie, A.MsSequenceNumber, A.MessageIntegrity]);
    expect([reply.type, reply.sequence, reply.isSealedBy(scene.talker.key)]).toEqual([0x0106, 1, true]);
  });

  test('said again with the same id gets the same answer and does nothing', () => {
    const scene = msAllocated();
    const request = scene.talker.setActive(PEER);
    const [, , reply] = scene.say(request);
    expect(scene.say(request)).toEqual([reply]);
  });

  test('replayed or late does not undo a later one', () => {
    const scene = msAllocated();
    const [first, late, last] = [PEER, PEER, OTHER].map(to => scene.talker.setActive(to));
    scene.say(first!);
    expect(said(scene.say(last!).slice(0, -1))).toEqual([
      'permit 0 203.0.113.77',
      'install-channel 0 0 203.0.113.77:4000',
    ]);
    expect(scene.heard(first!)).toEqual(['refused ms-replayed']);
    expect(scene.heard(late!)).toEqual(['refused ms-replayed']);
  });

  test('that a Send overtook is still obeyed', () => {
    const scene = msAllocated();
    const setting = scene.talker.setActive(PEER);
    scene.say(scene.talker.send(PEER, 'x'));
    expect(scene.heard(setting)).toEqual(['install-channel 0 0 203.0.113.9:3000', 'response 106']);
  });

  test('altered at any byte is dropped and changes nothing', () => {
    const scene = msAllocated();
    const request = scene.talker.setActive(PEER);
    for (let at = 0; at < request.length; at++) {
      const altered = request.slice();
      altered[at]! ^= 0x20;
      const done = scene.say(altered).map(effect => effect.do);
      expect(done.filter(what => what !== 'count-refusal' && what !== 'reply')).toEqual([]);
    }
    expect(scene.heard(request).at(-1)).toBe('response 106');
  });

  test.each<[string, (scene: MsScene) => Uint8Array, string, number]>([
    ['without a destination', s => s.talker.setActive(undefined), 'no-destination', 440],
    ['to port 0', s => s.talker.setActive(peer('203.0.113.9', 0)), 'bad-request', 400],
    [
      'with what must be understood',
      ({ talker }) =>
        talker.message(MS_TYPES.SetActiveDestinationRequest, w =>
          w
            .raw(A.Username, talker.username)
            .sequenceNumber(talker.connectionId!, 9)
            .address(A.DestinationAddress, PEER)
            .raw(0x0777, [1])
            .integrity(talker.key),
        ),
      'bad-request',
      400,
    ],
    [
      'to a denied peer',
      s =>
        s
          .after(() => {
            s.bench.rules.denied = () => true;
          })
          .talker.setActive(PEER),
      'peer-denied',
      400,
    ],
    ['to an IPv6 peer', s => s.talker.setActive(peer('2001:db8::9', 9)), 'peer-family-mismatch', 400],
  ])('%s is refused under seal, again when repeated, and the active destination stays', (_, make, refusal, code) => {
    const scene = msAllocated();
    scene.say(scene.talker.setActive(OTHER));
    const request = make(scene);
    const effects = scene.say(request);
    expect(effects.map(effect => effect.do)).toEqual(['count-refusal', 'reply']);
    expect(said(effects.slice(0, 1))[0]).toContain(`refused ${refusal}`);
    expect([replyIn(effects).type, replyIn(effects).code, replyIn(effects).isSealedBy(scene.talker.key)]).toEqual([
      0x0116,
      code,
      true,
    ]);
    expect(scene.heard(request)).toEqual([`error ${code}`]);
  });

  test('may name a peer that is permitted already when no further one may be', () => {
    const scene = msAllocated({ permissionsPerAllocation: 1 });
    scene.say(scene.talker.send(PEER, 'x'));
    expect(scene.heard(scene.talker.setActive(OTHER))).toEqual(['refused permission-limit', 'error 400']);
    expect(scene.heard(scene.talker.setActive(PEER)).at(-1)).toBe('response 106');
  });

  test('under another key, of another connection or of a stranger is dropped by name', () => {
    const scene = msAllocated();
    expect(scene.heard(scene.talker.setActive(PEER, { key: new Uint8Array(16) }))).toEqual([
      'refused ms-wrong-integrity',
    ]);
    expect(scene.heard(scene.talker.setActive(PEER, { connectionId: new Uint8Array(20) }))).toEqual([
      'refused ms-other-connection',
    ]);
    const stranger = new MsScene();
    stranger.talker.connectionId = new Uint8Array(20);
    expect(stranger.heard(stranger.talker.setActive(PEER))).toEqual(['refused ms-without-allocation']);
  });
});
