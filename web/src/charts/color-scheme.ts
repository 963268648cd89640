import { signal } from '@preact/signals';

const dark = matchMedia('(prefers-color-scheme: dark)');
const scheme = signal(dark.matches ? 'dark' : 'light');
dark.addEventListener('change', () => {
  scheme.value = dark.matches ? 'dark' : 'light';
});

/** A canvas does not follow the style sheet by itself: who draws one asks here, and is drawn anew on a change. */
export function useColorScheme(): string {
  return scheme.value;
}
