import { userOf } from './address.ts';
import { Avatar } from './avatar.tsx';
import { RECONNECTING } from './explain.ts';
import type { Phone } from './phone.ts';

/** Who is signed in, and whether calls can be made. */
export function Me({ phone }: { phone: Phone }) {
  const me = phone.me.value;
  const isReady = phone.line.value === 'ready';
  return (
    <section class="card me" aria-label="You">
      <Avatar address={me} />
      <div class="me-words">
        <strong title={me}>{userOf(me)}</strong>
        <span class={`me-state me-${phone.line.value}`} role="status" title={isReady ? '' : RECONNECTING.reason}>
          {isReady ? 'Ready' : RECONNECTING.title}
        </span>
      </div>
      <button type="button" class="small" onClick={() => phone.signOut()}>
        Sign out
      </button>
    </section>
  );
}
