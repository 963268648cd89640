import type { Family } from '../../wire/index.ts';
import type { Protocol } from '../rule.ts';
import type { Box } from './box.ts';

export type Hook = 'input' | 'output' | 'forward';

/** What a ruleset is asked: packets alike in everything that is no dimension of a box. */
export interface Question {
  readonly hook: Hook;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly state: 'new' | 'established';
  /** `lo`, the interface as configured, or undefined: a network interface whose name nobody told. */
  readonly device: string | undefined;
}

/** A condition that can't be judged from here, in words. */
export interface Doubt {
  readonly doubt: string;
}

/** Which packets of a question a condition lets through, as limits of which one must be kept. None: it never does; `{}`: it does. */
export type Condition = (question: Question) => readonly Partial<Box>[] | Doubt;

export const ALWAYS: readonly Partial<Box>[] = [{}];
export const NEVER: readonly Partial<Box>[] = [];

export function when(isTrue: boolean): readonly Partial<Box>[] {
  return isTrue ? ALWAYS : NEVER;
}

export type Verdict =
  | { readonly do: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly do: 'jump' | 'goto'; readonly chain: string };

/** One rule of somebody's firewall. */
export interface FirewallRule {
  /** Such as `inet filter input handle 12` or `line 7`: where to change it. */
  readonly place: string;
  readonly comment: string;
  readonly conditions: readonly Condition[];
  readonly verdict: Verdict;
}

/** A chain that packets enter by themselves. */
export interface BaseChain {
  readonly hook: Hook;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** The families whose packets enter. */
  readonly families: readonly Family[];
  readonly place: string;
  /** Its key in `chains`. */
  readonly chain: string;
}

/** A packet filter as it stands, whatever it was read from. */
export interface Ruleset {
  readonly bases: readonly BaseChain[];
  readonly chains: ReadonlyMap<string, readonly FirewallRule[]>;
  /** Names of network interfaces that rules ask for, other than `lo`. */
  readonly devices: ReadonlySet<string>;
}
