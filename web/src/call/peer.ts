import type { IceServer } from '../api/credentials.ts';
import type { PeerFacts } from './facts.ts';
import { factsOf } from './stats.ts';

export type PeerName = 'A' | 'B';

/** One of the two ends. It may use relayed candidates only, so what connects, connects through the relay. */
export class Peer {
  readonly connection: RTCPeerConnection;
  /** What arrives from the other end. */
  readonly received = new MediaStream();

  constructor(servers: readonly IceServer[], sends: MediaStream) {
    const iceServers = servers.map(server => ({ ...server, urls: [...server.urls] }));
    this.connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay', bundlePolicy: 'max-bundle' });
    for (const track of sends.getTracks()) this.connection.addTrack(track, sends);
    this.connection.addEventListener('track', ({ track }) => this.received.addTrack(track));
  }

  facts(): Promise<PeerFacts> {
    return factsOf(this.connection);
  }

  close(): void {
    this.connection.close();
  }
}

/** Introduces two peers: the page is their signalling, and no candidate leaves it. */
export async function introduce(caller: Peer, callee: Peer): Promise<void> {
  passCandidates(caller, callee);
  passCandidates(callee, caller);
  await caller.connection.setLocalDescription();
  await callee.connection.setRemoteDescription(caller.connection.localDescription!);
  await callee.connection.setLocalDescription();
  await caller.connection.setRemoteDescription(callee.connection.localDescription!);
}

/** Candidates that are ready before the other side knows the session wait until it does. */
function passCandidates(from: Peer, to: Peer): void {
  const early: RTCIceCandidate[] = [];
  const give = (candidate: RTCIceCandidate) => to.connection.addIceCandidate(candidate).catch(() => undefined);
  from.connection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate === null) return;
    if (to.connection.remoteDescription === null) early.push(candidate);
    else void give(candidate);
  });
  to.connection.addEventListener('signalingstatechange', () => {
    if (to.connection.remoteDescription !== null) for (const candidate of early.splice(0)) void give(candidate);
  });
}
