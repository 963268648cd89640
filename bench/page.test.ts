import { expect, test } from 'vitest';
import { replaceBetween } from './page.ts';

test('a table is written between its markers, again and again', () => {
  const page = 'a\n<!-- t -->\nold\n<!-- /t -->\nb\n';
  const once = replaceBetween(page, 't', 'new');
  expect(once).toBe('a\n<!-- t -->\n\nnew\n\n<!-- /t -->\nb\n');
  expect(replaceBetween(once, 't', 'new')).toBe(once);
  expect(() => replaceBetween(page, 'u', 'new')).toThrow('<!-- u -->');
});
