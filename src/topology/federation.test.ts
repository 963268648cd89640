import { expect, test } from 'vitest';
import { loadConfig } from '../control/config/index.ts';
import { accessCertificates, accessNeeds, accessRecords } from './access.ts';

const EDGE = `
external: { address: 192.0.2.1 }
credentials: { secrets: [s] }
access: { users: users.yaml, name: sip.example.com }
`;

test.each([
  ['{ name: partner.test, kind: standard }', ['federation[0] 5061 everywhere']],
  ['{ name: partner.test, kind: standard, edge: "198.51.100.7:5062" }', ['federation[0] 5062 198.51.100.7']],
  ['{ name: partner.test, kind: standard, edge: sip.partner.test }', ['federation[0] 5061 everywhere']],
  ['{ name: partner.test, kind: standard, sip: false }', []],
])('the way out to %s is %j', (entry, ways) => {
  const config = load(`${EDGE}federation: [${entry}]`);
  const out = accessNeeds(config).filter(({ direction }) => direction === 'out');
  expect(
    out.map(({ destination, destinationPorts, use }) => {
      const [to] = destination;
      return `${use.origin} ${destinationPorts.first} ${to === undefined || to.length === 0 ? 'everywhere' : '198.51.100.7'}`;
    }),
  ).toEqual(ways);
});

test('partners find us in DNS, and our domain in our certificate', () => {
  const alone = load(EDGE);
  const federated = load(`${EDGE}federation: [{ name: partner.test, kind: standard }]`);
  const owners = (config: typeof alone) => accessRecords(config).map(({ owner }) => owner);
  expect(owners(federated)).toContain('_sipfederationtls._tcp.example.com');
  expect(owners(alone)).not.toContain('_sipfederationtls._tcp.example.com');
  const names = (config: typeof alone) => accessCertificates(config).map(({ name }) => name);
  expect(names(federated)).toEqual(['example.com', 'sip.example.com']);
  expect(names(alone)).toEqual(['sip.example.com']);
});

function load(text: string) {
  const { config, problems } = loadConfig(text, 'edge.yaml');
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}
