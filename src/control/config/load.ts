import { posix } from 'node:path';
import { type Config, configOf } from './config.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { type Finding, findingsOf, wording } from './issues.ts';
import { keysOfSchema } from './json-schema.ts';
import { formatKey, type KeyPath, type Problem } from './problem.ts';
import { contradictions } from './rules.ts';
import { configSchema } from './schema.ts';
import { sideDoubts } from './sides-doubts.ts';

export type Loaded =
  /** `warnings`: what works but is seldom meant. */
  | { readonly config: Config; readonly warnings: readonly Problem[]; readonly problems?: undefined }
  | { readonly config?: undefined; readonly problems: readonly Problem[] };

/** A config text (YAML or JSON), or everything that is wrong with it. Relative paths in it are relative to `file`'s folder. */
export function loadConfig(text: string, file: string): Loaded {
  const document = readDocument(text, file);
  if (!('value' in document)) return { problems: document };
  const place = (findings: Finding[]) => findings.map(f => placed(f, document, file)).sort(inOrder);
  const parsed = configSchema.safeParse(document.value, { error: wording });
  if (!parsed.success) {
    return { problems: place(parsed.error.issues.flatMap(issue => findingsOf(issue, document.value, keysOfSchema))) };
  }
  const config = configOf(parsed.data, path => inFolderOf(file, path));
  const findings = contradictions(config);
  return findings.length > 0 ? { problems: place(findings) } : { config, warnings: place(sideDoubts(config)) };
}

function inOrder(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}

function placed(finding: Finding, document: ConfigDocument, file: string): Problem {
  const { unknownKey, message, suggestion } = finding;
  const position =
    unknownKey === undefined ? document.positionOf(finding.path) : document.positionOfKey(finding.path, unknownKey);
  return { file, ...position, key: formatKey(shownPath(finding)), message, suggestion };
}

function shownPath({ path, unknownKey, secretive }: Finding): KeyPath {
  return unknownKey === undefined || secretive ? path : [...path, unknownKey];
}

function inFolderOf(file: string, path: string): string {
  return posix.isAbsolute(path) ? path : posix.join(posix.dirname(file), path);
}
