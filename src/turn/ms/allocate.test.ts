import { describe, expect, test } from 'vitest';
import { MsScene, msAllocated, replyIn } from '../../../test/testkit/ms-scene.ts';
import { MsTalker } from '../../../test/testkit/ms-talker.ts';
import { openAll, PASSWORDS, peer, REALM, said, TestClient } from '../../../test/testkit/turn-bench.ts';
import { MS_ATTRIBUTES, MS_TYPES, type MsMessageWriter, type RelayId } from '../../wire/index.ts';

const A = MS_ATTRIBUTES;
const PEER = peer('203.0.113.9', 3000);

describe('the first Allocate', () => {
  test('is challenged with the swapped numbers, unsealed, within twice its length', () => {
    const scene = new MsScene();
    const request = scene.talker.allocate();
    const effects = scene.say(request);
    expect(said(effects.slice(0, 1))).toEqual(['refused unauthenticated']);
    const reply = replyIn(effects);
    expect([reply.type, reply.code]).toEqual([MS_TYPES.AllocateError, 401]);
    expect(reply.attributes).toEqual([A.MagicCookie, A.ErrorCode, A.Realm, A.Nonce, A.MsVersion]);
    expect([reply.text(0x15), reply.text(0x14)?.length, reply.uint32(A.MsVersion)]).toEqual([REALM, 8, 2]);
    expect(reply.view.end).toBeLessThanOrEqual(2 * request.length);
    expect(scene.bench.asked).toEqual([request.length]);
  });

  test('leaves out its version before it leaves the budget, and is silent before that', () => {
    const scene = new MsScene();
    const bare = scene.talker.message(MS_TYPES.AllocateRequest, () => {});
    scene.bench.rules.factor = 64 / bare.length;
    expect(replyIn(scene.say(bare)).attributes).toEqual([A.MagicCookie, A.ErrorCode, A.Realm, A.Nonce]);
    scene.bench.rules.factor = 63 / bare.length;
    expect(scene.heard(bare)).toEqual(['refused answer-budget']);
    scene.bench.rules.factor = 0;
    expect(scene.heard(bare)).toEqual(['refused answer-budget']);
  });
});

describe('the second Allocate', () => {
  test('is answered once the relay is open, with all that clients need, in their order', () => {
    const scene = new MsScene();
    scene.challenged();
    const opening = scene.say(scene.talker.allocate());
    expect(said(opening)).toEqual(['open-relay 10.0.0.1 any']);
    const reply = replyIn(openAll(scene.bench, opening));
    expect(reply.type).toBe(MS_TYPES.AllocateResponse);
    expect(reply.attributes).toEqual([
      A.MagicCookie,
      A.MappedAddress,
      A.Lifetime,
      A.Bandwidth,
      A.MsVersion,
      A.XorMappedAddress,
      A.MsSequenceNumber,
      A.MessageIntegrity,
    ]);
    expect(reply.address(A.MappedAddress)).toBe('192.0.2.99:50000'); // as advertised
    expect(reply.address(A.XorMappedAddress)).toBe('198.51.100.7:5001');
    expect([reply.uint32(A.Lifetime), reply.uint32(A.Bandwidth), reply.sequence]).toEqual([600, 10_000, 0]);
    expect(reply.isSealedBy(scene.talker.key)).toBe(true);
    expect(scene.bench.accepted).toEqual(['alice']);
    expect(scene.bench.reservedNow).toBe(1);
  });

  test.each([
    [undefined, 1],
    [0, 1],
    [1, 1],
    [2, 2],
    [6, 2],
    [0xffff_ffff, 2],
  ])('of version %s is answered with version %i', (asked, answered) => {
    const scene = new MsScene();
    scene.challenged();
    const { talker } = scene;
    const request = talker.message(MS_TYPES.AllocateRequest, w => {
      if (asked !== undefined) w.uint32(A.MsVersion, asked);
      w.text(A.Realm, talker.realm).text(A.Nonce, talker.nonce).raw(A.Username, talker.username).integrity(talker.key);
    });
    expect(replyIn(openAll(scene.bench, scene.say(request))).uint32(A.MsVersion)).toBe(answered);
  });

  test('may ask for a bandwidth, a service quality and whatever else is optional, and is given its bandwidth back', () => {
    const scene = new MsScene();
    scene.challenged();
    const request = scene.talker.allocate(w => {
      w.uint32(A.Bandwidth, 300).uint32(A.MsServiceQuality, 0x10001).raw(0x8056, [0, 0, 0, 0]).raw(0x8006, []);
    });
    expect(replyIn(openAll(scene.bench, scene.say(request))).uint32(A.Bandwidth)).toBe(300);
  });

  test('may be signed with any key of its user, and is answered under that one', () => {
    const scene = new MsScene();
    scene.bench.rules.otherKeys.push(new Uint8Array(16));
    expect(scene.allocated().isSealedBy(scene.talker.key)).toBe(true);
    expect(said(scene.say(scene.talker.send(PEER, 'x')))).toHaveLength(2);
  });

  test('takes a lifetime as the other dialect does', () => {
    for (const [asked, granted] of [
      [1, 600],
      [900, 900],
      [99_999, 3600],
    ] as const) {
      const scene = new MsScene();
      scene.challenged();
      const request = scene.talker.allocate(w => w.uint32(A.Lifetime, asked));
      expect(replyIn(openAll(scene.bench, scene.say(request))).uint32(A.Lifetime)).toBe(granted);
    }
  });

  test('said again with the same id waits for the answer that is on its way, then gets the same one', () => {
    const scene = new MsScene();
    scene.challenged();
    const request = scene.talker.allocate();
    const opening = scene.say(request);
    expect(scene.say(request)).toEqual([]);
    const [reply] = openAll(scene.bench, opening);
    expect(scene.say(request)).toEqual([reply]);
    expect(scene.bench.server.counts().allocations).toBe(1);
  });
});

describe('an Allocate that is wrong', () => {
  const without = (type: number) => (scene: MsScene) => {
    const { talker } = scene;
    return talker.message(MS_TYPES.AllocateRequest, w => {
      if (type !== A.Username) w.raw(A.Username, talker.username);
      if (type !== A.Realm) w.text(A.Realm, talker.realm);
      if (type !== A.Nonce) w.text(A.Nonce, talker.nonce);
      w.integrity(talker.key);
    });
  };

  test.each<[string, (scene: MsScene) => Uint8Array, string, number]>([
    ['without a username', without(A.Username), 'missing-username', 432],
    ['without a realm', without(A.Realm), 'missing-realm', 434],
    ['without a nonce', without(A.Nonce), 'missing-nonce', 435],
    ['of nobody', s => s.talker.allocate(undefined, { username: Buffer.from('mallory') }), 'unknown-user', 436],
    [
      'with bytes that are no text',
      s => s.talker.allocate(undefined, { username: Uint8Array.of(255, 0) }),
      'unknown-user',
      436,
    ],
    ['with a wrong key', s => s.talker.allocate(undefined, { key: new Uint8Array(16) }), 'wrong-integrity', 431],
    [
      'with another realm',
      s =>
        s
          .after(() => {
            s.talker.realm = 'elsewhere';
          })
          .talker.allocate(),
      'missing-realm',
      434,
    ],
    [
      'with a made-up nonce',
      s =>
        s
          .after(() => {
            s.talker.nonce = 'AAAAAAAA';
          })
          .talker.allocate(),
      'stale-nonce',
      438,
    ],
    ['with what must be understood', s => s.talker.allocate(w => w.raw(0x0777, [1])), 'unknown-attribute', 420],
    [
      'of an expired credential',
      s => s.after(() => void s.bench.rules.expired.add('alice')).talker.allocate(),
      'credential-expired',
      430,
    ],
  ])(
    '%s is refused by the number the dialect has for it, with a new challenge and no seal',
    (_, make, refusal, code) => {
      const scene = new MsScene();
      scene.challenged();
      const effects = scene.say(make(scene));
      expect(said(effects.slice(0, 1))).toEqual([`refused ${refusal}`]);
      const reply = replyIn(effects);
      expect([reply.code, reply.has(A.Realm), reply.has(A.Nonce), reply.has(A.MessageIntegrity)]).toEqual([
        code,
        true,
        true,
        false,
      ]);
      if (code === 420) expect([...reply.value(A.UnknownAttributes)!]).toEqual([0x07, 0x77]);
      expect(scene.bench.server.counts().allocations).toBe(0);
    },
  );

  test('with HMAC-SHA256 is refused: we announce version 2', () => {
    const scene = new MsScene();
    const { talker } = scene;
    scene.challenged();
    const request = talker.message(MS_TYPES.AllocateRequest, w =>
      w
        .raw(A.Username, talker.username)
        .text(A.Realm, REALM)
        .text(A.Nonce, talker.nonce)
        .integrity(talker.key, 'sha256'),
    );
    expect(scene.heard(request)).toEqual(['refused wrong-integrity', 'error 431']);
  });

  test('altered at any byte allocates nothing', () => {
    const scene = new MsScene();
    scene.challenged();
    const request = scene.talker.allocate();
    for (let at = 0; at < request.length; at++) {
      const altered = request.slice();
      altered[at]! ^= 0x20;
      expect(scene.say(altered).filter(effect => effect.do === 'open-relay')).toEqual([]);
    }
  });

  test.each([
    ['for IPv6', (w: MsMessageWriter) => w.raw(A.RequestedAddressFamily, [2, 0, 0, 0]), 'unsupported-family', 400],
    ['with a lifetime of three bytes', (w: MsMessageWriter) => w.raw(A.Lifetime, [0, 0, 1]), 'bad-request', 400],
    ['that releases what is not there', (w: MsMessageWriter) => w.uint32(A.Lifetime, 0), 'allocation-mismatch', 437],
  ])('%s is refused under seal', (_, write, refusal, code) => {
    const scene = new MsScene();
    scene.challenged();
    const effects = scene.say(scene.talker.allocate(write));
    expect(said(effects.slice(0, 1))).toEqual([`refused ${refusal}`]);
    const reply = replyIn(effects);
    expect([reply.code, reply.isSealedBy(scene.talker.key)]).toEqual([code, true]);
  });

  test('above the quota, without a port, or over a stream where no TCP relays are is told so under seal', () => {
    const full = new MsScene();
    full.bench.rules.most = 0;
    full.challenged();
    expect(full.heard(full.talker.allocate())).toEqual(['refused user-quota', 'error 500']);

    const portless = new MsScene();
    portless.challenged();
    portless.say(portless.talker.allocate());
    const failed = portless.bench.server.onRelayFailed(0 as RelayId, 'no-ports', portless.bench.now);
    expect([replyIn(failed).code, replyIn(failed).isSealedBy(portless.talker.key)]).toEqual([500, true]);
    expect(portless.bench.reservedNow).toBe(0);

    const stream = new MsScene({ canRelayTcp: false }, { transport: 'tcp' });
    stream.challenged();
    expect(stream.heard(stream.talker.allocate())).toEqual(['refused unsupported-transport', 'error 500']);
  });
});

describe('an allocation', () => {
  test('is refreshed and released by Allocate', () => {
    const scene = msAllocated();
    expect(scene.bench.pass(500_000)).toEqual([]);
    const refreshed = replyIn(scene.say(scene.talker.allocate()));
    expect([refreshed.uint32(A.Lifetime), refreshed.address(A.MappedAddress)]).toEqual([600, '192.0.2.99:50000']);
    expect(scene.bench.pass(599_000)).toEqual([]);
    const released = scene.say(scene.talker.allocate(w => w.uint32(A.Lifetime, 0)));
    expect(replyIn(released).uint32(A.Lifetime)).toBe(0);
    expect(said(released.slice(1))).toEqual(['close-relay 0', 'ended refreshed-to-zero']);
    expect([scene.bench.reservedNow, scene.bench.server.nextDeadline()]).toEqual([0, Infinity]);
  });

  test('ends when nobody refreshes it, and permissions last as long as it does', () => {
    const scene = msAllocated();
    scene.say(scene.talker.send(PEER, 'x'));
    expect(said(scene.bench.pass(599_999))).toEqual([]);
    expect(said(scene.bench.pass(1))).toEqual(['close-relay 0', 'ended expired']);
  });

  test('over a stream is one of a TCP relay, and lives while it carries something, refreshed or not', () => {
    const scene = new MsScene({ idleSeconds: 120 }, { transport: 'tcp' });
    scene.challenged();
    expect(said(openAll(scene.bench, scene.say(scene.talker.allocate())).slice(1))).toEqual([]);
    scene.bench.carried = 1;
    expect(said(scene.bench.pass(120_000))).toEqual([]);
    expect(said(scene.bench.pass(119_999))).toEqual([]);
    scene.bench.carried = 2;
    expect(said(scene.bench.pass(1))).toEqual([]);
    expect(said(scene.bench.pass(120_000))).toEqual(['close-relay 0', 'ended idle']);
  });

  test('over a stream ends with its credential, whatever it carries', () => {
    const scene = new MsScene({ idleSeconds: 120 }, { transport: 'tcp' });
    scene.bench.rules.credentialEnds = scene.bench.now + 150_000;
    scene.allocated();
    scene.bench.carried = 1;
    expect(said(scene.bench.pass(120_000))).toEqual([]);
    scene.bench.carried = 2;
    expect(said(scene.bench.pass(30_000))).toEqual(['close-relay 0', 'ended credential-expired']);
  });

  test('may be refreshed to less than it had', () => {
    const scene = new MsScene();
    scene.challenged();
    scene.talker.learn(
      replyIn(openAll(scene.bench, scene.say(scene.talker.allocate(w => w.uint32(A.Lifetime, 3600))))),
    );
    scene.say(scene.talker.allocate(w => w.uint32(A.Lifetime, 600)));
    expect(said(scene.bench.pass(600_000))).toEqual(['close-relay 0', 'ended expired']);
  });

  test('is refreshed by a numbered Allocate, which gets its number back, unless it is numbered for another', () => {
    const scene = msAllocated();
    const numbered = (connectionId: Uint8Array) =>
      scene.talker.allocate(w => w.uint32(A.Lifetime, 900).sequenceNumber(connectionId, 9));
    expect(replyIn(scene.say(numbered(scene.talker.connectionId!))).sequence).toBe(9);
    expect(scene.heard(numbered(new Uint8Array(20)))).toEqual(['refused allocation-mismatch', 'error 437']);
  });

  test('is not made with a credential that has less than a second left', () => {
    const scene = new MsScene();
    scene.bench.rules.credentialEnds = scene.bench.now + 999;
    scene.challenged();
    expect(scene.heard(scene.talker.allocate())).toEqual(['refused credential-expired', 'error 430']);
  });

  test('belongs to the username it was made with', () => {
    const scene = msAllocated();
    const bob = new MsTalker('bob', PASSWORDS.bob!);
    Object.assign(bob, { realm: scene.talker.realm, nonce: scene.talker.nonce });
    expect(scene.heard(bob.allocate())).toEqual(['refused wrong-credentials', 'error 441']);
  });

  test('of one dialect is none of the other', () => {
    const scene = msAllocated();
    const standard = new TestClient(scene.bench, 1);
    expect(said(standard.allocate())).toEqual(['refused allocation-mismatch', 'error 437']);
    expect(said(standard.refresh(0))).toEqual(['refused allocation-mismatch', 'error 437']);
    expect(said(standard.permit(PEER))).toEqual(['refused allocation-mismatch', 'error 437']);
    expect(said(standard.bind(0x4000, PEER))).toEqual(['refused allocation-mismatch', 'error 437']);
    expect(said(standard.indicate(PEER, Buffer.from('x')))).toEqual(['refused send-without-allocation']);

    const other = new MsScene();
    new TestClient(other.bench, 1).allocated();
    other.challenged();
    expect(other.heard(other.talker.allocate())).toEqual(['refused allocation-mismatch', 'error 437']);
    other.talker.connectionId = new Uint8Array(20);
    expect(other.heard(other.talker.send(PEER, 'x'))).toEqual(['refused ms-without-allocation']);
    expect(other.heard(other.talker.setActive(PEER))).toEqual(['refused ms-without-allocation']);
  });
});
