import type { CandidateFacts } from './facts.ts';
import type { CallModel } from './model.ts';

/** The way a packet takes: browser, edge, browser. It moves while packets do. */
export function PathDrawing({ model }: { model: CallModel }) {
  const { a, b } = model.evidence.value;
  const { kind } = model.verdict.value;
  return (
    <div class={`path path-${kind}`}>
      <Leg from="A" local={a.local} />
      <div class="path-edge">
        <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" fill="none">
          <path d="M10 42V20a14 14 0 0 1 28 0v22" class="edge-gate" />
          <path d="M17 27h14m0 0-4-4m4 4-4 4" class="edge-way-a" />
          <path d="M31 37H17m0 0 4-4m-4 4 4 4" class="edge-way-b" />
        </svg>
        <strong>Relay</strong>
        <span class="path-trip">{roundTrip(a.roundTripMs ?? b.roundTripMs)}</span>
      </div>
      <Leg from="B" local={b.local} />
    </div>
  );
}

function Leg({ from, local }: { from: 'A' | 'B'; local: CandidateFacts | null }) {
  return (
    <div class={`leg leg-${from}`}>
      <span class="leg-transport">{local?.relayProtocol?.toUpperCase() ?? '–'}</span>
      <svg class="leg-line" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <path d="M0 3H100" class="lane-a" />
        <path d="M100 9H0" class="lane-b" />
      </svg>
      <code class="leg-address">{local === null ? 'no path yet' : `${local.address}:${local.port}`}</code>
    </div>
  );
}

function roundTrip(ms: number | null): string {
  return ms === null ? '' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
