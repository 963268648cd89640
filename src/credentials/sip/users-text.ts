import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { type UsersFile, usersSchema } from './users-schema.ts';

/** What is wrong with a file of users, and where. Nothing of what stands there is quoted: it may be a hash. */
export interface UsersProblem {
  readonly line: number;
  readonly what: string;
}

export interface UsersDocument {
  readonly file: UsersFile;
  /** To be changed and written again: comments and order stay. */
  readonly document: Document;
}

const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Reads a file of users; every mistake is listed with its line. */
export function readUsersText(text: string): UsersDocument | readonly UsersProblem[] {
  if (text.length > MOST_CHARACTERS) return [{ line: 1, what: 'the file is larger than 16 MiB' }];
  const lines = new LineCounter();
  const lineOf = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false, // looked for below: the parser compares each key with all before, seconds for ten thousand users
    stringKeys: true,
    logLevel: 'error',
  });
  if (document.errors.length > 0)
    return document.errors.map(({ pos, code }) => ({
      line: lineOf(pos[0]),
      what: code.toLowerCase().replaceAll('_', ' '),
    }));
  const repeated = repeatedKey(document.contents);
  if (repeated !== undefined) return [{ line: lineOf(repeated), what: 'duplicate key' }];
  const parsed = usersSchema.safeParse(plain(document));
  if (parsed.success) return withUniqueAddresses(parsed.data, document);
  return parsed.error.issues.map(({ path, message }) => ({
    line: lineOf(offsetOf(document, path)),
    what: `${path.join('.') || 'the file'}: ${message}`,
  }));
}

/** Where a key stands that its map has already. */
function repeatedKey(node: unknown): number | undefined {
  if (!isMap(node)) return undefined;
  const seen = new Set<unknown>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? key.value : key;
    if (seen.has(name)) return (isScalar(key) ? key.range?.[0] : undefined) ?? 0;
    seen.add(name);
    const within = repeatedKey(value);
    if (within !== undefined) return within;
  }
  return undefined;
}

/** Aliases of YAML are for nothing here, and a small file of them can be large. */
function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch {
    return undefined;
  }
}

/** An address leads to one user. */
function withUniqueAddresses(file: UsersFile, document: Document): UsersDocument | readonly UsersProblem[] {
  const owners = new Map(Object.keys(file.users).map(name => [`sip:${name}@${file.domain}`, name]));
  for (const [name, { aliases }] of Object.entries(file.users)) {
    for (const alias of aliases) {
      const owner = owners.get(alias);
      if (owner !== undefined) return [{ line: 1, what: `users.${name}.aliases: ${alias} is ${owner}'s` }];
      owners.set(alias, name);
    }
  }
  return { file, document };
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number] } | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return 0;
}
