import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listenError, OPERATOR_ERROR_CODES } from './errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md explains exactly the codes that exist', () => {
  const documented = [...page.matchAll(/^## (SALLYPORT_\w+)$/gm)].map(([, code]) => code);
  expect(documented).toEqual([...OPERATOR_ERROR_CODES]);
});

test.each(OPERATOR_ERROR_CODES)('docs/errors.md gives symptom, cause and command for %s', code => {
  const section = page.split(`## ${code}\n`)[1]!.split('\n## ')[0]!;
  for (const part of ['**Symptom.**', '**Cause.**', '**Command.**']) expect(section).toContain(part);
});

test.each([
  ['EADDRINUSE', 'SALLYPORT_PORT_TAKEN'],
  ['EACCES', 'SALLYPORT_PORT_FORBIDDEN'],
  ['EADDRNOTAVAIL', 'SALLYPORT_ADDRESS_NOT_HERE'],
  ['ENOBUFS', 'SALLYPORT_LISTEN_FAILED'],
])('%s of a listener becomes %s', (errno, code) => {
  const error = listenError(Object.assign(new Error(), { code: errno }), 'TCP listener', '192.0.2.1', 443);
  expect(error.code).toBe(code);
  expect(error.message).toContain('192.0.2.1');
  expect(error.remedy).not.toBe('');
});

test('a taken UDP port is looked up among UDP sockets', () => {
  const error = listenError(Object.assign(new Error(), { code: 'EADDRINUSE' }), 'UDP listener', '192.0.2.1', 3478);
  expect(error.remedy).toContain("ss -ulnp 'sport = :3478'");
});
