import type { Credentials } from '../credentials/index.ts';
import type { AnswerBudget, PeerFilter } from '../policy/index.ts';
import type { Credential, PasswordAlgorithm, Questions } from '../turn/index.ts';
import { longTermKey, type OwnAddresses, type TransportAddress } from '../wire/index.ts';
import type { AllocationQuotas } from './allocation-quotas.ts';
import type { AlternateOf } from './alternates.ts';
import type { Clock } from './clock.ts';
import type { SelfTest } from './self-test.ts';
import type { Side } from './sides.ts';

export interface Answerers {
  readonly realm: string;
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly peers: PeerFilter;
  readonly quotas: AllocationQuotas;
  readonly answers: AnswerBudget;
  readonly own: OwnAddresses;
  /** Whose sockets answer for those of a listener (RFC 5780). */
  readonly alternateOf: AlternateOf;
  readonly sideOf: (local: TransportAddress) => Side;
  readonly selfTest: SelfTest;
}

/** Introduces the protocol core to those who know: credentials, policy and the edge's own addresses. */
export function questionsOf(a: Answerers): Questions {
  const { clock, credentials, peers, quotas, answers, own, selfTest } = a;
  return {
    credential: (username, algorithm) =>
      username === selfTest.credential.username
        ? selfTestCredential(a, algorithm)
        : onOurClock(clock, credentials.find(username, algorithm, clock.wall())),
    credentialOfBytes: (username, client) =>
      onOurClock(clock, credentials.findByBytes(username, a.sideOf(client.local), clock.wall())),
    credentialByHash: (hash, algorithm) => onOurClock(clock, credentials.findByHash(hash, algorithm, clock.wall())),
    accepted: credential => credentials.accepted(credential.user, clock.wall()),
    peer: (peer, identity) =>
      identity === selfTest.identity && selfTest.mayReach(peer) ? 'allowed' : peers.verdict(peer),
    isOwnEndpoint: peer => peers.isOwnEndpoint(peer),
    reserve: (identity, client) => (identity === selfTest.identity ? 'reserved' : quotas.reserve(identity, client)),
    release: (identity, client) => {
      if (identity !== selfTest.identity) quotas.release(identity, client);
    },
    answerBudget: (client, requestLength, now) =>
      selfTest.isFrom(client.address)
        ? Number.POSITIVE_INFINITY
        : answers.spend(client.transport, client.address, requestLength, now),
    relayIp: (client, family) => own.localOf(family, client.local),
    alternate: client => (client.transport === 'udp' ? a.alternateOf(client.local) : undefined),
    advertise: peer => own.advertise(peer),
    advertised: relay => own.advertised(relay),
  };
}

function selfTestCredential({ realm, selfTest }: Answerers, algorithm: PasswordAlgorithm): Credential {
  const { username, password } = selfTest.credential;
  const key = longTermKey(algorithm, username, realm, password);
  return { user: username, identity: selfTest.identity, keys: [key], expiresAt: Infinity };
}

/** A credential ends on the wall clock; allocations live on ours. */
function onOurClock<No extends string>(clock: Clock, found: Credential | No): Credential | No {
  return typeof found === 'string' ? found : { ...found, expiresAt: clock.fromWall(found.expiresAt) };
}
