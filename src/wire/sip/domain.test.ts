import { expect, test } from 'vitest';
import { sipDomain } from '../index.ts';

test.each([
  ['Partner.Test', 'partner.test'],
  ['partner.test.', 'partner.test'],
  ['münchen.test', 'xn--mnchen-3ya.test'],
  ['XN--MNCHEN-3YA.test', 'xn--mnchen-3ya.test'],
  ['*.partner.test', undefined],
  ['192.0.2.1', undefined],
  ['[2001:db8::1]', undefined],
  ['partner..test', undefined],
  ['', undefined],
])('%j is compared as %j', (text, domain) => {
  expect(sipDomain(text)).toBe(domain);
});
