import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { embeddedConfig } from './embedded.ts';
import { loadConfig } from './load.ts';
import { options } from './options.ts';
import { printable, printConfig } from './print.ts';

const EVERYTHING = `
external:
  address: [192.0.2.1, "2001:db8::1"]
  public: [203.0.113.1, "2001:db8::1"]
  device: eth0
  peers: { allow: [10.0.0.0/8], deny: ["2001:db8::/32"] }
internal: { address: 10.1.0.10, networks: [10.1.0.0/16, "fd00::/8"], device: eth1 }
federation: [{ name: contoso.example, kind: lync, addresses: [198.51.100.0/24], domains: contoso.example, edge: '[2001:db8::1]:5061' }]
credentials: { secrets: [north-wind, env:TURN_SECRET], users: { alice: wonderland, bob: file:/run/bob } }
admin: { token: t0ken }
tls: { certificate: /etc/cert.pem, key: /etc/key.pem }
access: { users: /etc/users.yaml, domain: example.com, name: sip.example.com, internal: sip:pool.example.com, authorities: /etc/ca.pem, dnsServers: [192.0.2.53] }
`;
/** Users whom the file does not have are the server's inside or the directory's, not both. */
const WITH_DIRECTORY = EVERYTHING.replace(
  'internal: sip:pool.example.com',
  "ldap: { url: ldap://ldap.example.com, startTls: true, bind: '{user}@example.com', authorities: /etc/ldap.pem }",
);

test('what is printed shows no secret, but where secrets are looked for', () => {
  const text = printConfig(load(EVERYTHING));
  for (const secret of ['north-wind', 'wonderland', 't0ken']) expect(text).not.toContain(secret);
  for (const place of ['env:TURN_SECRET', 'file:/run/bob', '(redacted)']) expect(text).toContain(place);
});

test('what is printed is itself a config and means the same, but for redacted values', () => {
  const config = load(EVERYTHING);
  const again = load(printConfig(config));
  expect(printable(again)).toEqual(printable(config));
  expect(again.limits).toEqual(config.limits);
  expect(again.external).toEqual(config.external);
  expect(again.internal).toEqual(config.internal);
  expect(again.federation).toEqual(config.federation);
});

test('every option of the schema is printed', () => {
  const printed = [EVERYTHING, WITH_DIRECTORY].map(text => parse(printConfig(load(text))));
  for (const { path } of options()) {
    const values = printed.map(one => path.split('.').reduce((at, key) => at?.[key], one));
    expect(
      values.find(value => value !== undefined),
      path,
    ).toBeDefined();
  }
});

test('the built-in configuration stays on loopback', () => {
  expect(printable(embeddedConfig({ secret: 'a', token: 'b', users: 'users.yaml' }))).toMatchObject({
    external: { address: ['127.0.0.1'], udp: [3478], tcp: [3478, 5349], peers: { allow: ['127.0.0.0/8'], deny: [] } },
    admin: { address: '127.0.0.1', port: 8080 },
  });
});

function load(text: string) {
  const { config, problems } = loadConfig(text, 'edge.yaml');
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}
