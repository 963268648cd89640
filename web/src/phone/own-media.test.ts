import { expect, test } from 'vitest';
import { noteFor, reasonOf } from './own-media.ts';

test('what is missing is named once, with its reason', () => {
  expect(noteFor('', '')).toBe('');
  expect(noteFor('none found', 'none found')).toBe(
    'No camera or microphone (none found): a test picture and a tone are sent.',
  );
  expect(noteFor('none found', '')).toBe('No camera (none found): a test picture is sent.');
  expect(noteFor('', 'not allowed for this page')).toContain('No microphone (not allowed for this page)');
  expect(noteFor('none found', 'in use by another program')).toContain('test picture is sent. No microphone');
});

test.each(['NotFoundError', 'NotAllowedError', 'NotReadableError', 'SomethingNew'])('%s has words', name => {
  expect(reasonOf(name)).toMatch(/^[a-z ]+$/);
});
