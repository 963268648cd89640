import type { Rule } from '../rule.ts';

/** Operator text on one line of any format: control characters, line ends among them, are spaces. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** Who needs a rule and why, as one sentence after another. */
export function reasonsOf({ uses }: Rule): string {
  return oneLine(uses.map(({ whom, reason }) => `${whom}: ${reason}`).join(' '));
}

export function atMost(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

/** For formats whose texts are ASCII. */
export function ascii(text: string, allowed: RegExp): string {
  return [...oneLine(text)].map(character => (allowed.test(character) ? character : '_')).join('');
}
