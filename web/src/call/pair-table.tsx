import type { CandidateFacts } from './facts.ts';
import type { CallModel } from './model.ts';

/** The chosen candidate pair, as each side sees it. */
export function PairTable({ model }: { model: CallModel }) {
  const { a, b } = model.evidence.value;
  if (a.local === null && b.local === null) return null;
  return (
    <section class="card" aria-labelledby="pair-title">
      <h2 id="pair-title">Chosen candidate pair</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">End</th>
              <th scope="col">Type</th>
              <th scope="col">Browser to relay</th>
              <th scope="col">Relay to relay</th>
              <th scope="col">Relayed address</th>
              <th scope="col">TURN address</th>
            </tr>
          </thead>
          <tbody>
            <End name="A, local" dot="A" end={a.local} />
            <End name="A, remote" dot="A" end={a.remote} />
            <End name="B, local" dot="B" end={b.local} />
            <End name="B, remote" dot="B" end={b.remote} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function End({ name, dot, end }: { name: string; dot: 'A' | 'B'; end: CandidateFacts | null }) {
  if (end === null) return null;
  return (
    <tr>
      <th scope="row">
        <b class={`dot dot-${dot}`} /> {name}
      </th>
      <td>{end.type}</td>
      <td>{end.relayProtocol?.toUpperCase() ?? '·'}</td>
      <td>{end.protocol.toUpperCase()}</td>
      <td>
        <code>
          {end.address}:{end.port}
        </code>
      </td>
      <td>
        <code>{end.url || '·'}</code>
      </td>
    </tr>
  );
}
