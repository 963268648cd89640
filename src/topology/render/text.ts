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

/** For formats that take few characters; `others` matches each of those that they don't. */
export function withOnly(text: string, others: RegExp): string {
  return oneLine(text).replaceAll(others, '_');
}
