import type { Transport } from './turn-url.ts';

/** One end of a chosen candidate pair. */
export interface CandidateFacts {
  readonly type: string;
  readonly protocol: string;
  /** How the browser reaches the relay; only its own candidates tell. */
  readonly relayProtocol: Transport | null;
  readonly address: string;
  readonly port: number;
  readonly url: string;
}

/** What one peer's statistics say at one moment. Counters run from the start of the call. */
export interface PeerFacts {
  readonly local: CandidateFacts | null;
  readonly remote: CandidateFacts | null;
  readonly roundTripMs: number | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly framesDecoded: number;
  readonly framesPerSecond: number;
  readonly width: number;
  readonly height: number;
  readonly jitterMs: number;
  /** Candidate pairs that were tried and never answered. */
  readonly pairsTried: number;
  readonly pairsAnswered: number;
}

/** What became of one TURN address. */
export interface Attempt {
  readonly url: string;
  readonly transport: Transport;
  readonly outcome: 'not-tried' | 'waiting' | 'relayed' | 'failed';
  readonly relay: string;
  readonly tookMs: number;
  /** From `icecandidateerror`: a STUN error code, or 701 when the relay was never reached. 0: the browser said nothing. */
  readonly errorCode: number;
  readonly errorText: string;
  /** For TLS: plain TCP to the same port was answered, so the port is open and only the handshake can be at fault. */
  readonly portAnswers: boolean;
}

export const NOTHING_YET: PeerFacts = {
  local: null,
  remote: null,
  roundTripMs: null,
  bytesSent: 0,
  bytesReceived: 0,
  packetsReceived: 0,
  packetsLost: 0,
  framesDecoded: 0,
  framesPerSecond: 0,
  width: 0,
  height: 0,
  jitterMs: 0,
  pairsTried: 0,
  pairsAnswered: 0,
};
