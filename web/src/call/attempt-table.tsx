import { CheckIcon, CrossIcon, WaitIcon } from '../shell/icons.tsx';
import { explainAttempt } from './explain.ts';
import type { Attempt } from './facts.ts';
import type { CallModel } from './model.ts';

/** Every way in that the edge offers, tried from this browser. */
export function AttemptTable({ model }: { model: CallModel }) {
  const { attempts, credentials } = model.evidence.value;
  if (attempts.length === 0) return null;
  return (
    <section class="card" aria-labelledby="ways-title">
      <h2 id="ways-title">Ways to the relay</h2>
      <ul class="ways">
        {attempts.map(attempt => (
          <Way key={attempt.url} attempt={attempt} />
        ))}
      </ul>
      {credentials?.ok === true && (
        <p class="note">Credentials end by themselves at {credentials.minted.expiresAt.toLocaleString()}.</p>
      )}
    </section>
  );
}

function Way({ attempt }: { attempt: Attempt }) {
  const { url, outcome, relay, tookMs } = attempt;
  return (
    <li class={`way way-${outcome}`}>
      <span class="way-icon">
        {outcome === 'relayed' ? <CheckIcon /> : outcome === 'failed' ? <CrossIcon /> : <WaitIcon />}
      </span>
      <div>
        <code>{url}</code>
        {outcome === 'relayed' && <p>gave {relay}</p>}
        {outcome === 'failed' && <Why attempt={attempt} />}
        {outcome === 'waiting' && <p>no answer yet</p>}
      </div>
      <span class="way-took">{tookMs > 0 && `${Math.round(tookMs)} ms`}</span>
    </li>
  );
}

function Why({ attempt }: { attempt: Attempt }) {
  const { title, reason } = explainAttempt(attempt);
  return (
    <>
      <p>
        <strong>{title}.</strong> {reason}
      </p>
      {attempt.errorCode > 0 && (
        <p class="note">
          The browser says: {attempt.errorCode} {attempt.errorText}
        </p>
      )}
    </>
  );
}
