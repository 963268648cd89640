import { useSignal } from '@preact/signals';
import { userOf } from './address.ts';
import { Avatar } from './avatar.tsx';
import { CopyIcon } from './icons.tsx';
import type { Phone } from './phone.ts';

/** Nobody calls: how others reach this phone. */
export function IdleStage({ phone }: { phone: Phone }) {
  const copied = useSignal(false);
  const me = phone.me.value;
  const onCopy = async () => {
    copied.value = await navigator.clipboard?.writeText(me).then(
      () => true,
      () => false,
    );
    setTimeout(() => {
      copied.value = false;
    }, 2000);
  };
  return (
    <div class="ringing idle">
      <span class="ringing-face">
        <Avatar address={me} size="large" />
      </span>
      <h2>Hello {userOf(me)}</h2>
      <p>Type a name to call. Others reach you at</p>
      <button type="button" class="chip" onClick={() => void onCopy()} title="Copy the address">
        <CopyIcon /> <span aria-live="polite">{copied.value ? 'Copied' : me}</span>
      </button>
    </div>
  );
}
