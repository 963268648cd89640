import { hueOf, initialsOf } from './address.ts';

/** Somebody's round picture: letters in a colour of his own. */
export function Avatar({ address, size = 'small' }: { address: string; size?: 'small' | 'large' }) {
  return (
    <span class={`avatar avatar-${size}`} style={{ '--hue': String(hueOf(address)) }} aria-hidden="true">
      {initialsOf(address)}
    </span>
  );
}
