import type { ComponentChildren } from 'preact';
import { CrossIcon } from '../shell/icons.tsx';
import type { Trouble } from './explain.ts';

/** What is wrong, and what to do about it. */
export function TroubleCard({ trouble, children }: { trouble: Trouble; children?: ComponentChildren }) {
  const { code, title, reason, remedy } = trouble;
  return (
    <section class="trouble" data-code={code}>
      <span class="trouble-icon">
        <CrossIcon />
      </span>
      <div>
        <h2>{title}</h2>
        <p>{reason}</p>
        {remedy.map(step => (
          <p key={step}>{step}</p>
        ))}
        {children !== undefined && <div class="trouble-actions">{children}</div>}
      </div>
    </section>
  );
}
