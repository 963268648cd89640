import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { PhoneIcon } from './icons.tsx';
import type { Phone } from './phone.ts';

/** The one thing a phone is for. What is typed also looks through the list below. */
export function Dialler({ phone }: { phone: Phone }) {
  const wrong = useSignal('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    wrong.value = phone.dial(phone.typedCall.value);
    if (wrong.value === '') phone.typedCall.value = '';
    else input.current?.focus();
  };
  return (
    <form class="card dialler" onSubmit={onSubmit}>
      <label for="call-whom">Call</label>
      <span class="dialler-row">
        <input
          ref={input}
          id="call-whom"
          type="text"
          inputmode="email"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder="Name or address"
          value={phone.typedCall.value}
          aria-invalid={wrong.value !== ''}
          aria-describedby="call-wrong"
          onInput={event => {
            phone.typedCall.value = event.currentTarget.value;
            wrong.value = '';
          }}
        />
        <button type="submit" class="round go" disabled={!phone.canCall.value} aria-label="Call" title="Call">
          <PhoneIcon />
        </button>
      </span>
      <p id="call-wrong" class="dialler-wrong" role="alert">
        {wrong.value}
      </p>
    </form>
  );
}
