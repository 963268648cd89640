import { afterEach, expect, test, vi } from 'vitest';
import { pathOf, requires } from './requires.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a program that is there is no reason to skip', () => {
  requires(refuseToSkip, 'node');
  expect(pathOf('node')).toMatch(/node$/);
});

test('a missing program and an unmet condition are named in the reason', () => {
  vi.stubEnv('SALLYPORT_NO_SKIPS', '');
  const notes: string[] = [];
  const context = {
    skip(note = ''): never {
      notes.push(note);
      throw new Error('skipped');
    },
  };
  const never = { name: 'the right to capture packets', isMet: () => false };
  expect(() => requires(context, 'no-such-program', never)).toThrow('skipped');
  expect(notes).toEqual(['needs no-such-program and the right to capture packets']);
});

test('where no skip is allowed, a missing program is a failure', () => {
  vi.stubEnv('SALLYPORT_NO_SKIPS', '1');
  expect(() => requires(refuseToSkip, 'no-such-program')).toThrow('no-such-program');
});

const refuseToSkip = {
  skip(): never {
    throw new Error('it must not be skipped');
  },
};
