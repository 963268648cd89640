import type { PortRange } from '../rule.ts';

/** Something between a plan and a ruleset that ought to be changed, or looked at. */
export interface Finding {
  /** `unknown`: the ruleset has conditions that can't be judged from outside, and it depends on them. */
  readonly kind: 'missing' | 'too-wide' | 'unneeded' | 'unknown';
  /** The planned rules it is about, by id. */
  readonly rules: readonly string[];
  /** Where the ruleset is to be changed: a chain and handle, a line, a policy. */
  readonly place: string;
  readonly what: string;
  readonly change: string;
}

export interface VerifyOptions {
  readonly at: 'edge' | 'perimeter';
  readonly relayPorts: PortRange;
  /** Interface names by side, as far as they are known. */
  readonly devices: { readonly external: string | undefined; readonly internal: string | undefined };
}

/** One finding for each doubt, whichever rules and packets depend on it. */
export function doubtFindings(
  doubts: readonly { readonly doubt: string; readonly rules: readonly string[] }[],
): Finding[] {
  return [...new Set(doubts.map(({ doubt }) => doubt))].map(doubt => ({
    kind: 'unknown',
    rules: [...new Set(doubts.filter(other => other.doubt === doubt).flatMap(({ rules }) => rules))],
    place: doubt.slice(0, doubt.indexOf(': ')),
    what: `can't be judged: ${doubt.slice(doubt.indexOf(': ') + 2)}`,
    change: 'look at it yourself: what is let through depends on it',
  }));
}
