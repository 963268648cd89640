import type { CandidateFacts, PeerFacts } from './facts.ts';
import type { CallModel } from './model.ts';
import type { PeerName } from './peer.ts';

/** The chosen candidate pair, as each side sees it: what one calls local, the other should call remote. */
export function PairTable({ model }: { model: CallModel }) {
  const { a, b } = model.evidence.value;
  return (
    <section class="card" aria-labelledby="pair-title">
      <h2 id="pair-title">Chosen candidate pair</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Seen by</th>
              <th scope="col">To the relay</th>
              <th scope="col">Local candidate</th>
              <th scope="col">Remote candidate</th>
              <th scope="col">TURN address</th>
            </tr>
          </thead>
          <tbody>
            <Side name="A" facts={a} />
            <Side name="B" facts={b} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Side({ name, facts: { local, remote } }: { name: PeerName; facts: PeerFacts }) {
  if (local === null) return null;
  return (
    <tr>
      <th scope="row">
        <b class={`dot dot-${name}`} /> Peer {name}
      </th>
      <td>{local.relayProtocol?.toUpperCase() ?? 'not named'}</td>
      <End end={local} />
      <End end={remote} />
      <td>
        <code>{local.url || 'not named'}</code>
      </td>
    </tr>
  );
}

function End({ end }: { end: CandidateFacts | null }) {
  if (end === null) return <td>none yet</td>;
  const address = end.address.includes(':') ? `[${end.address}]` : end.address;
  return (
    <td>
      {end.type} <code>{`${address}:${end.port}/${end.protocol}`}</code>
    </td>
  );
}
