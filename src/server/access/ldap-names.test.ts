import { expect, test } from 'vitest';
import { bindName } from './ldap-names.ts';

const PEOPLE = 'uid={user},ou=people,dc=example,dc=test';

test.each([
  ['alice', 'uid=alice,ou=people,dc=example,dc=test'],
  ['erin+home', 'uid=erin\\+home,ou=people,dc=example,dc=test'],
  ['alice,ou=admins', 'uid=alice\\,ou\\=admins,ou=people,dc=example,dc=test'],
  ['a\\,b', 'uid=a\\\\\\,b,ou=people,dc=example,dc=test'],
  ['#<a>;"', 'uid=\\#\\<a\\>\\;\\",ou=people,dc=example,dc=test'],
  [' a  b ', 'uid=\\ a  b\\ ,ou=people,dc=example,dc=test'],
  [' ', 'uid=\\ ,ou=people,dc=example,dc=test'],
  ['a\0b', 'uid=a\\00b,ou=people,dc=example,dc=test'],
  ["$&$'{user}", "uid=$&$'{user},ou=people,dc=example,dc=test"],
])('%j stays one value of the distinguished name', (user, name) => {
  expect(bindName(PEOPLE, user)).toBe(name);
});

test('what is no distinguished name takes the name as it is', () => {
  expect(bindName('{user}@example.test', 'erin+home')).toBe('erin+home@example.test');
  expect(bindName('EXAMPLE\\{user}', 'alice')).toBe('EXAMPLE\\alice');
});
