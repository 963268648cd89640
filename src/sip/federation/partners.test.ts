import { expect, test } from 'vitest';
import { type Partner, Partners } from './partners.ts';

const limits = { connections: 4, transactions: 10, requestsPerSecond: 10 };
const PARTNER: Partner = { name: 'partner.test', domains: ['partner.test', 'partner.example'], limits };
const LYNC: Partner = {
  name: 'lync.test',
  domains: ['lync.test', 'lync.example'],
  edge: { host: 'access.lync.test', port: 5061 },
  limits,
};
const partners = new Partners([PARTNER, LYNC]);

test.each<[string, string[], string | undefined, string[] | undefined]>([
  ['a domain of a partner is spoken for', ['partner.test'], 'partner.test', ['partner.test']],
  [
    'both, when both are in it',
    ['partner.example', 'partner.test'],
    'partner.test',
    ['partner.test', 'partner.example'],
  ],
  ['not by a name below it', ['sip.partner.test'], undefined, undefined],
  ['not by the name above it', ['test'], undefined, undefined],
  ['all of a partner whose edge is in it', ['access.lync.test'], 'lync.test', ['lync.test', 'lync.example']],
  ['a host of several', ['lync.example', 'partner.test'], 'partner.test', ['partner.test', 'lync.example']],
  ['nobody', [], undefined, undefined],
])('%s', (_, names, name, domains) => {
  const proven = partners.proven(names);
  expect(proven?.partner.name).toBe(name);
  expect(proven?.domains).toEqual(domains);
});

test('the way to a domain is by its name, however it is written', () => {
  const hop = { transport: 'TLS', side: 'partner', host: 'partner.test', port: 0 };
  expect(partners.hopTo('PARTNER.test.')).toEqual(hop);
  expect(partners.hopTo('sip.partner.test')).toBeUndefined();
  expect(partners.hopTo('192.0.2.1')).toBeUndefined();
});
