import { CheckIcon, CrossIcon, QuestionIcon, WaitIcon } from '../shell/icons.tsx';
import type { CallModel } from './model.ts';
import type { Verdict } from './verdict.ts';

const ICONS: Readonly<Record<Verdict['kind'], () => preact.JSX.Element>> = {
  idle: QuestionIcon,
  working: WaitIcon,
  works: CheckIcon,
  fails: CrossIcon,
};

/** The verdict in words. Screen readers hear it when it changes. */
export function VerdictBanner({ model }: { model: CallModel }) {
  const { kind, title, reason, remedy } = model.verdict.value;
  const Icon = ICONS[kind];
  return (
    <section class={`verdict verdict-${kind}`} aria-live="polite" aria-atomic="true" aria-label="Verdict">
      <span class="verdict-icon">
        <Icon />
      </span>
      <div class="verdict-words">
        <h2>{title}</h2>
        <p>{reason}</p>
        {remedy.length > 0 && <Remedy steps={remedy} />}
      </div>
      {kind === 'works' && <Proof model={model} />}
    </section>
  );
}

function Remedy({ steps }: { steps: readonly string[] }) {
  return (
    <div class="remedy">
      <h3>What to do</h3>
      <ul>
        {steps.map(step => (
          <li key={step}>{step}</li>
        ))}
      </ul>
    </div>
  );
}

function Proof({ model }: { model: CallModel }) {
  return (
    <p class="verdict-proof">
      <strong>{Math.round(model.connectedAfterMs.value)} ms</strong>
      <span>to connect</span>
    </p>
  );
}
