import { type CandidateFacts, NOTHING_YET, type PeerFacts } from './facts.ts';
import { readTurnUrl, type Transport } from './turn-url.ts';

/** One entry of a browser's statistics: a bag of names, different in every browser. */
export type Entry = Readonly<Record<string, unknown>>;
export type Report = ReadonlyMap<string, Entry>;

export async function factsOf(connection: RTCPeerConnection): Promise<PeerFacts> {
  const report = await connection.getStats();
  const entries = new Map<string, Entry>();
  for (const [id, entry] of report as unknown as Iterable<[string, Entry]>) entries.set(id, entry);
  return readPeer(entries);
}

/** Reads what the page shows out of `RTCPeerConnection.getStats()`. */
export function readPeer(report: Report): PeerFacts {
  const pairs = ofType(report, 'candidate-pair');
  const pair = selectedPair(report, pairs);
  return { ...NOTHING_YET, ...readPair(report, pair), ...readMedia(report), ...readTries(pairs) };
}

/** Chromium and Safari name the pair in the transport's entry; Firefox marks the pair itself. */
function selectedPair(report: Report, pairs: readonly Entry[]): Entry | undefined {
  const named = ofType(report, 'transport').map(t => report.get(text(t.selectedCandidatePairId)));
  return named.find(pair => pair !== undefined) ?? pairs.find(pair => pair.selected === true);
}

function readPair(report: Report, pair: Entry | undefined): Partial<PeerFacts> {
  if (pair === undefined) return {};
  const roundTrip = pair.currentRoundTripTime;
  return {
    local: readCandidate(report.get(text(pair.localCandidateId))),
    remote: readCandidate(report.get(text(pair.remoteCandidateId))),
    roundTripMs: typeof roundTrip === 'number' ? roundTrip * 1000 : null,
    bytesSent: count(pair.bytesSent),
    bytesReceived: count(pair.bytesReceived),
  };
}

function readCandidate(entry: Entry | undefined): CandidateFacts | null {
  if (entry === undefined) return null;
  return {
    type: text(entry.candidateType),
    protocol: text(entry.protocol),
    relayProtocol: relayProtocolOf(entry),
    address: text(entry.address ?? entry.ip),
    port: count(entry.port),
    url: text(entry.url),
  };
}

function relayProtocolOf(entry: Entry): Transport | null {
  const said = entry.relayProtocol;
  if (said === 'udp' || said === 'tcp' || said === 'tls') return said;
  return readTurnUrl(text(entry.url))?.transport ?? null;
}

function readMedia(report: Report): Partial<PeerFacts> {
  const inbound = ofType(report, 'inbound-rtp');
  const video = inbound.find(stream => stream.kind === 'video') ?? {};
  const audio = inbound.find(stream => stream.kind === 'audio') ?? {};
  return {
    packetsReceived: count(video.packetsReceived) + count(audio.packetsReceived),
    packetsLost: Math.max(0, count(video.packetsLost)) + Math.max(0, count(audio.packetsLost)),
    framesDecoded: count(video.framesDecoded),
    framesPerSecond: count(video.framesPerSecond),
    width: count(video.frameWidth),
    height: count(video.frameHeight),
    jitterMs: count(video.jitter) * 1000,
  };
}

function readTries(pairs: readonly Entry[]): Partial<PeerFacts> {
  return {
    pairsTried: pairs.filter(pair => count(pair.requestsSent) > 0).length,
    pairsAnswered: pairs.filter(pair => count(pair.responsesReceived) > 0).length,
  };
}

function ofType(report: Report, type: string): Entry[] {
  return [...report.values()].filter(entry => entry.type === type);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
