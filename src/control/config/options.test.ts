import { expect, test } from 'vitest';
import { options, optionsPage } from './options.ts';

test('options are the leaves of the schema, with default and meaning', () => {
  const all = options();
  expect(all.map(option => option.path)).toContain('external.peers.allow');
  expect(all.find(option => option.path === 'lifetimes.allocation')).toEqual({
    path: 'lifetimes.allocation',
    default: '10m',
    required: false,
    meaning: 'Lifetime of an allocation whose client asks for none.',
  });
  expect(all.find(option => option.path === 'admin.token')).toMatchObject({ default: undefined, required: true });
  expect(all.find(option => option.path === 'external.tcp')).toMatchObject({ default: '443', required: false });
});

test('the page has one row for each option, and says which have no test', () => {
  const page = optionsPage({ realm: { file: 'a.test.ts', test: 'the realm is told' } });
  expect(page.match(/^\| `/gm)).toHaveLength(options().length);
  expect(page).toMatch(/^\| `realm` \| `sallyport` \| .* \| a\.test\.ts: the realm is told \|$/m);
  expect(page.match(/\*\*none yet\*\*/g)).toHaveLength(options().length - 1);
});
