import { expect, test } from 'vitest';
import { OperatorError } from '../errors.ts';
import { describeSource, parseSecretSource, resolveSecret, type SecretReaders } from './secret.ts';

const readers: SecretReaders = {
  env: name => ({ NAME: 'from-env', EMPTY: '' })[name],
  file: path => {
    if (path === '/run/secret') return 'from-file\n';
    if (path === '/run/empty') return '\n';
    throw Object.assign(new Error('no'), { code: 'ENOENT' });
  },
};

test.each([
  ['north-wind', 'north-wind'],
  ['env:NAME', 'from-env'],
  ['file:/run/secret', 'from-file'],
])('%s resolves to the secret', (text, secret) => {
  expect(resolveSecret(parseSecretSource(text)!, 'credentials.secrets[0]', readers)).toBe(secret);
});

test.each(['', 'env:', 'env:NOT-A-NAME', 'file:'])('%j names no source', text => {
  expect(parseSecretSource(text)).toBeUndefined();
});

test.each(['env:ABSENT', 'env:EMPTY', 'file:/run/empty', 'file:/absent'])(
  '%s that yields nothing is an operator error that names the key and the place',
  text => {
    const error = failure(() => resolveSecret(parseSecretSource(text)!, 'admin.token', readers));
    expect(error.code).toBe('SALLYPORT_SECRET_MISSING');
    expect(error.message).toContain('admin.token');
    expect(error.message).toContain(text.slice(text.indexOf(':') + 1));
  },
);

test('a value is never shown, a place is', () => {
  expect(describeSource(parseSecretSource('north-wind')!)).toBe('(redacted)');
  expect(describeSource(parseSecretSource('env:NAME')!)).toBe('env:NAME');
  expect(describeSource(parseSecretSource('file:/run/secret')!)).toBe('file:/run/secret');
});

function failure(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    if (error instanceof OperatorError) return error;
  }
  throw new Error('no operator error was thrown');
}
