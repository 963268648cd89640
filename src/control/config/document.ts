import {
  type Document,
  type ErrorCode,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { KeyPath, Problem } from './problem.ts';

/** A config text as plain values that still knows where each key stood. */
export interface ConfigDocument {
  readonly value: unknown;
  /** Where the value at a path stands; the nearest parent when there is none. */
  positionOf(path: KeyPath): Position;
  /** Where a key itself stands. */
  positionOfKey(parent: KeyPath, key: string): Position;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

const MOST_CHARACTERS = 1024 * 1024;
const MOST_ALIASES = 50;

/** Reads YAML 1.2, of which JSON is a part. Parser messages are replaced by ours: theirs quote the text, which may be a secret. */
export function readDocument(text: string, file: string): ConfigDocument | readonly Problem[] {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const refuse = (offset: number, message: string): Problem => ({
    file,
    ...at(offset),
    key: '',
    message,
    suggestion: undefined,
  });
  if (text.length > MOST_CHARACTERS) return [refuse(0, 'the file is larger than 1 MiB')];
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    stringKeys: true,
    logLevel: 'error',
  });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return errors.map(error => refuse(error.pos[0], messageOf(error)));
  const value = plain(document);
  if (value === tooManyAliases) return [refuse(0, 'the file uses too many YAML aliases')];
  return {
    value,
    positionOf: path => at(offsetOf(document, path)),
    positionOfKey: (parent, key) => at(keyOffset(document, parent, key) ?? offsetOf(document, parent)),
  };
}

const tooManyAliases = Symbol('too many aliases');

function plain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {}; // an empty file is a config without keys
  } catch {
    return tooManyAliases;
  }
}

function offsetOf(document: Document.Parsed, path: KeyPath): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : nodeAt(document, path.slice(0, length));
    if (node?.range) return node.range[0];
  }
  return 0;
}

function keyOffset(document: Document.Parsed, parent: KeyPath, key: string): number | undefined {
  const map = parent.length === 0 ? document.contents : nodeAt(document, parent);
  if (!isMap(map)) return undefined;
  const pair = map.items.find(item => isScalar(item.key) && String(item.key.value) === key);
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

function nodeAt(document: Document.Parsed, path: KeyPath): Node | undefined {
  return document.getIn(path, true) as Node | undefined;
}

function messageOf({ code }: YAMLError): string {
  return MESSAGES[code] ?? `this is not valid YAML (${code})`;
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  NON_STRING_KEY: 'a key must be plain text',
  MULTIPLE_DOCS: 'a config is one YAML document; here a second one begins',
  TAB_AS_INDENT: 'indent with spaces, not tabs',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_ALIAS: 'text that begins with * is a YAML alias; put it in quotes',
  TAG_RESOLVE_FAILED: 'text that begins with ! is a YAML tag; put it in quotes',
  MISSING_CHAR: 'a closing quote, bracket, colon or comma is missing',
};
