import { AttemptTable } from './attempt-table.tsx';
import { Controls } from './controls.tsx';
import { Figures } from './figures.tsx';
import type { CallModel } from './model.ts';
import { PairTable } from './pair-table.tsx';
import { PathDrawing } from './path-drawing.tsx';
import { ReceivedPicture } from './received-picture.tsx';
import { TokenForm } from './token-form.tsx';
import { VerdictBanner } from './verdict-banner.tsx';
import './call.css';

/** The answer to "does it work?": the verdict first, then what it rests on. */
export function CallTab({ model }: { model: CallModel }) {
  const { a, b } = model.evidence.value;
  const everConnected = a.local !== null || b.local !== null;
  return (
    <div class="call" data-state={model.evidence.value.stage} data-verdict={model.verdict.value.code}>
      <h1 class="hidden">Relay-only call</h1>
      <VerdictBanner model={model} />
      <TokenForm model={model} />
      <Controls model={model} />
      <section class="stage" aria-label="The call">
        <ReceivedPicture name="A" model={model} />
        <PathDrawing model={model} />
        <ReceivedPicture name="B" model={model} />
      </section>
      {everConnected && <Figures model={model} />}
      {everConnected && <PairTable model={model} />}
      <AttemptTable model={model} />
    </div>
  );
}
