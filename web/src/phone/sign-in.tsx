import { useEffect, useRef } from 'preact/hooks';
import { WaitIcon } from '../shell/icons.tsx';
import { PhoneIcon } from './icons.tsx';
import type { Phone } from './phone.ts';
import { TroubleCard } from './trouble-card.tsx';

/** Name and password. What is wrong with them is said here. */
export function SignIn({ phone }: { phone: Phone }) {
  const isBusy = phone.line.value !== 'signed-out';
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const typed = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value;
    void phone.signIn(typed('user'), typed('password'));
  };
  return (
    <div class="sign-in">
      <form class="card sign-in-card" onSubmit={onSubmit} aria-labelledby="sign-in-title">
        <span class="sign-in-mark" aria-hidden="true">
          <PhoneIcon />
        </span>
        <h1 id="sign-in-title">Sign in to call</h1>
        <p class="note">Hear and see others of {phone.domain}, through the edge.</p>
        <label for="user">User name</label>
        <span class="sign-in-user">
          <input
            ref={first}
            id="user"
            name="user"
            type="text"
            required
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            value={phone.typedUser.value}
            disabled={isBusy}
          />
          <span class="sign-in-domain">@{phone.domain}</span>
        </span>
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          required
          autocomplete="current-password"
          disabled={isBusy}
        />
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? (
            <>
              <WaitIcon /> Signing in
            </>
          ) : (
            'Sign in'
          )}
        </button>
      </form>
      <div aria-live="assertive">{phone.refused.value !== null && <TroubleCard trouble={phone.refused.value} />}</div>
    </div>
  );
}
