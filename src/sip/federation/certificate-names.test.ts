import { expect, test } from 'vitest';
import { certificateNames } from './certificate-names.ts';

test.each<[string, string | undefined, string[]]>([
  ['a DNS name', 'DNS:partner.test', ['partner.test']],
  ['several', 'DNS:sip.partner.test, DNS:Partner.TEST', ['sip.partner.test', 'partner.test']],
  ['a SIP URI, and no DNS name beside it', 'DNS:www.partner.test, URI:sip:partner.test', ['partner.test']],
  ['a scheme in any case', 'URI:SIP:partner.test', ['partner.test']],
  ['not a sips URI, so that DNS names count', 'URI:sips:partner.test, DNS:sip.partner.test', ['sip.partner.test']],
  ['not the URI of a person', 'URI:sip:alice@partner.test', []],
  ['not a web page', 'URI:https://partner.test/', []],
  ['no wildcard', 'DNS:*.partner.test, DNS:*', []],
  ['no address', 'IP Address:192.0.2.1, DNS:192.0.2.1, URI:sip:192.0.2.1', []],
  ['an internationalized name as its A-labels', 'DNS:xn--mnchen-3ya.test', ['xn--mnchen-3ya.test']],
  ['a name with its root dot', 'DNS:partner.test.', ['partner.test']],
  ['no name in a quoted value', 'DNS:"evil.test, DNS:partner.test"', []],
  ['nothing of a text that ends in the middle', 'DNS:partner.test, DNS:"evil', []],
  ['nothing of a name with a control character', 'DNS:"partner.test\\u0000.evil.test"', []],
  [
    'what stands behind kinds we do not know',
    'othername:UPN:x, DirName:"CN = a, O = b", DNS:partner.test',
    ['partner.test'],
  ],
  ['nothing without a subjectAltName', undefined, []],
])('a certificate speaks for %s', (_, text, names) => {
  expect(certificateNames(text)).toEqual(names);
});
