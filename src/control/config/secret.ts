import { OperatorError } from '../errors.ts';

/** Where a secret is found. Only `resolveSecret` turns one into the secret itself. */
export type SecretSource =
  | { readonly from: 'value'; readonly value: string }
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string };

/** How secrets are fetched; handed in, so that this folder reads neither the environment nor the disk. */
export interface SecretReaders {
  env(name: string): string | undefined;
  /** The file's text. Throws what `readFileSync` throws. */
  file(path: string): string;
}

/** The source named by a config text: `env:NAME`, `file:PATH` or the value itself; undefined when a name is missing. */
export function parseSecretSource(text: string): SecretSource | undefined {
  if (text.startsWith('env:'))
    return /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? { from: 'env', name: text.slice(4) } : undefined;
  if (text.startsWith('file:')) return text.length > 5 ? { from: 'file', path: text.slice(5) } : undefined;
  return text === '' ? undefined : { from: 'value', value: text };
}

/** The secret itself. `key` is the config key it stands at, for the error; the secret is in no error. */
export function resolveSecret(source: SecretSource, key: string, readers: SecretReaders): string {
  if (source.from === 'value') return source.value;
  return source.from === 'env' ? fromEnvironment(source.name, key, readers) : fromFile(source.path, key, readers);
}

function fromEnvironment(name: string, key: string, readers: SecretReaders): string {
  const value = readers.env(name);
  if (value !== undefined && value !== '') return value;
  const why = value === undefined ? 'is not set' : 'is empty';
  throw new OperatorError(
    'SALLYPORT_SECRET_MISSING',
    `${key}: the environment variable ${name} ${why}`,
    `set ${name} for the user that runs sallyport, or name another source`,
  );
}

function fromFile(path: string, key: string, readers: SecretReaders): string {
  const value = textOf(path, key, readers).replace(/\r?\n$/, ''); // editors end files with a newline
  if (value !== '') return value;
  throw new OperatorError(
    'SALLYPORT_SECRET_MISSING',
    `${key}: the file ${path} is empty`,
    `write the secret to ${path}`,
  );
}

function textOf(path: string, key: string, readers: SecretReaders): string {
  try {
    return readers.file(path);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OperatorError(
      'SALLYPORT_SECRET_MISSING',
      `${key}: the file ${path} can't be read (${why})`,
      `check that ${path} exists and that the user that runs sallyport may read it`,
    );
  }
}

/** The source as it may be shown: the place, never the value. */
export function describeSource(source: SecretSource): string {
  if (source.from === 'value') return '(redacted)';
  return source.from === 'env' ? `env:${source.name}` : `file:${source.path}`;
}
