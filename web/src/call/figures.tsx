import { LiveChart } from '../charts/live-chart.tsx';
import type { PeerFacts } from './facts.ts';
import type { CallModel } from './model.ts';

/** Live figures: what a person looks at to believe the verdict. */
export function Figures({ model }: { model: CallModel }) {
  const { a, b } = model.evidence.value;
  const { seconds, kbitsAtoB, kbitsBtoA, roundTripA, roundTripB } = model.history.value;
  return (
    <section class="figures" aria-label="Live figures">
      <LiveChart
        title="Bitrate"
        unit="kbit/s"
        seconds={seconds}
        lines={[
          { name: 'A → B', color: '--peer-a', values: kbitsAtoB },
          { name: 'B → A', color: '--peer-b', values: kbitsBtoA },
        ]}
      />
      <LiveChart
        title="Round trip through the relay"
        unit="ms"
        seconds={seconds}
        lines={[
          { name: 'Peer A', color: '--peer-a', values: roundTripA },
          { name: 'Peer B', color: '--peer-b', values: roundTripB },
        ]}
      />
      <dl class="tiles">
        <Tile name="Frames decoded" values={pair(a, b, peer => String(peer.framesDecoded))} />
        <Tile name="Frames per second" values={pair(a, b, peer => String(Math.round(peer.framesPerSecond)))} />
        <Tile name="Packets lost" values={pair(a, b, lost)} />
        <Tile name="Jitter" values={pair(a, b, peer => `${peer.jitterMs.toFixed(1)} ms`)} />
        <Tile name="Received" values={pair(a, b, peer => megabytes(peer.bytesReceived))} />
      </dl>
    </section>
  );
}

type Pair = readonly [a: string, b: string];

function Tile({ name, values: [a, b] }: { name: string; values: Pair }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <b class="dot dot-A" />
        <span class="hidden">Peer A: </span>
        {a}
      </dd>
      <dd>
        <b class="dot dot-B" />
        <span class="hidden">Peer B: </span>
        {b}
      </dd>
    </div>
  );
}

function pair(a: PeerFacts, b: PeerFacts, read: (peer: PeerFacts) => string): Pair {
  return [read(a), read(b)];
}

function lost({ packetsLost, packetsReceived }: PeerFacts): string {
  const sent = packetsLost + packetsReceived;
  return packetsLost === 0 ? '0' : `${packetsLost} (${((100 * packetsLost) / sent).toFixed(1)} %)`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}
