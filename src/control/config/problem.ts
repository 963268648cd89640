/** Something wrong in a config file: where, what, and what to do. Holds no secret value. */
export interface Problem {
  readonly file: string;
  /** From 1, as editors count. */
  readonly line: number;
  readonly column: number;
  /** Such as `external.tcp[1]`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  readonly suggestion: string | undefined;
}

export type KeyPath = readonly (string | number)[];

/** `external.tcp[1]` */
export function formatKey(path: KeyPath): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}

/** `edge.yaml:4:8 external.tcp[1]: must be at most 65535` and, on a second line, the suggestion. */
export function formatProblem(p: Problem): string {
  return formatted(p, '');
}

/** The same for what only may be wrong. */
export function formatWarning(p: Problem): string {
  return formatted(p, 'warning: ');
}

function formatted(p: Problem, kind: string): string {
  const line = `${p.file}:${p.line}:${p.column} ${kind}${p.key === '' ? '' : `${p.key}: `}${p.message}`;
  return p.suggestion === undefined ? line : `${line}\n  ${p.suggestion}`;
}
