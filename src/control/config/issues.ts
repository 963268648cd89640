import type { z } from 'zod';
import type { KeyPath } from './problem.ts';
import { nearest } from './suggest.ts';

/** A problem before it is given its place in the file. */
export interface Finding {
  readonly path: KeyPath;
  /** Set when the key is wrong rather than its value: it stands below `path`. */
  readonly unknownKey?: string;
  /** The unknown key may be a secret and is not to be shown. */
  readonly secretive?: boolean;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

type Issue = z.core.$ZodIssue;

/** What the schema's own messages don't say: used by the parser wherever the schema gives no wording. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'this key is missing';
      return issue.input === null ? 'has no value' : `must be ${nounOf(issue.expected)}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must ${unitOf(issue.origin)}at least ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `must be at most ${issue.maximum} characters`;
      return `must ${unitOf(issue.origin)}at most ${issue.maximum}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return 'has a form that is not understood';
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case undefined:
      return undefined; // worded by the schema, or below
  }
}

function nounOf(expected: string): string {
  if (expected === 'string') return 'text';
  if (expected === 'number') return 'a number';
  if (expected === 'int') return 'a whole number';
  return expected === 'array' ? 'a list' : 'a map of keys';
}

function unitOf(origin: string): string {
  return origin === 'array' ? 'have ' : 'be ';
}

/** The findings an issue of the schema stands for. `value` is the whole input, `keysAt` the keys the schema knows at a path. */
export function findingsOf(issue: Issue, value: unknown, keysAt: (path: KeyPath) => readonly string[]): Finding[] {
  const path = issue.path as KeyPath;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => unknownKey(path, key, keysAt(path)));
    case 'invalid_union':
      return unionFindings(issue, value, keysAt);
    case 'invalid_key':
      return [{ path: path.slice(0, -1), message: `a name here ${issue.issues[0]?.message ?? 'is not allowed'}` }];
    case 'custom':
      return [{ path, message: issue.message, suggestion: textOf(issue.params?.suggestion) }];
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_type':
    case 'invalid_value':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      return [{ path, message: issue.message, suggestion: suggestionFor(issue, inputAt(value, path)) }];
  }
}

/** A branch that got further into the value than its type is the one that was meant. */
function unionFindings(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  value: unknown,
  keysAt: (path: KeyPath) => readonly string[],
): Finding[] {
  const meant = issue.errors.find(branch => branch.some(i => i.code !== 'invalid_type' || i.path.length > 0));
  const inner = meant ?? issue.errors.flat();
  const findings = inner.flatMap(i => findingsOf({ ...i, path: [...issue.path, ...i.path] }, value, keysAt));
  if (meant !== undefined) return findings;
  const wanted = findings.map(f => f.message.replace(/^must be /, '')).join(' or ');
  const absent = findings.find(f => !f.message.startsWith('must be '));
  return [{ path: issue.path as KeyPath, message: absent?.message ?? `must be ${wanted}` }];
}

/** An unknown key that resembles nothing may be a secret in the wrong place: it is not repeated among credentials. */
function unknownKey(path: KeyPath, key: string, known: readonly string[]): Finding {
  const meant = nearest(key, known);
  const secretive = meant === undefined && (path[0] === 'credentials' || path[0] === 'admin');
  const suggestion = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
  return { path, unknownKey: key, secretive, message: secretive ? 'holds an unknown key' : 'unknown key', suggestion };
}

function suggestionFor(issue: Issue, input: unknown): string | undefined {
  if (issue.code === 'invalid_value' && typeof input === 'string') {
    const meant = nearest(input, issue.values.map(String));
    return meant && `did you mean ${meant}?`;
  }
  const scalar = typeof input === 'number' || typeof input === 'boolean';
  return issue.code === 'invalid_type' && issue.message === 'must be text' && scalar ? 'put it in quotes' : undefined;
}

function inputAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<string | number, unknown> | undefined)?.[part], value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
