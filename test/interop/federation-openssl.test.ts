import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Authority, type Issued } from '../testkit/authority.ts';
import { type FederatedEdge, FederatedEdges } from '../testkit/federated-edges.ts';
import { freeTcpPort } from '../testkit/free-ports.ts';
import { Program } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';

/** `openssl s_client` as the partner: TLS, certificates and their checks by others than Node.js. */
let edges: FederatedEdges;

beforeEach(context => requires(context, 'openssl'));
beforeAll(async () => {
  edges = await FederatedEdges.make();
});
afterEach(() => edges.close());
afterAll(() => edges.remove());

test.each<[string, Issued, string[], string, RegExp]>([
  ['is heard', { dns: ['partner.test'] }, [], 'partner.test', /SIP\/2\.0 480 /],
  ['is heard over TLS 1.2', { uris: ['sip:partner.test'] }, ['-tls1_2'], 'partner.test', /SIP\/2\.0 480 /],
  [
    'is refused when its certificate is for a host',
    { dns: ['sip.partner.test'] },
    [],
    'partner.test',
    /SIP\/2\.0 403 [\s\S]*ms-diagnostics-public: 1010;/i,
  ],
  [
    'is refused when it speaks for somebody else',
    { dns: ['partner.test'] },
    [],
    'other.test',
    /SIP\/2\.0 403 [\s\S]*ms-diagnostics-public: 1002;/i,
  ],
])('a partner %s', async (_, issued, options, domain, said) => {
  const edge = await ours();
  const own = await certificateFiles(edges.authority, issued);
  const output = await asPartner(edge, [...own, ...options], domain);
  expect(output).toMatch(said);
  expect(output).toContain('Acceptable client certificate CA names\nCN = Federation test');
});

test('one whose authority nobody trusts is refused, and one without a certificate', async () => {
  const edge = await ours();
  const own = await certificateFiles(await Authority.make('Strangers'), { dns: ['partner.test'] });
  expect(await asPartner(edge, own, 'partner.test')).toMatch(/SIP\/2\.0 403 /);
  expect(await asPartner(edge, [], 'partner.test')).toMatch(/SIP\/2\.0 403 /);
  expect(edge.log.map(({ refusal }) => refusal)).toEqual(
    expect.arrayContaining(['partner-certificate-untrusted', 'partner-without-certificate']),
  );
});

test('a partner that does not take our certificate is heard to say so', async () => {
  const port = await freeTcpPort();
  const own = await certificateFiles(edges.authority, { dns: ['partner.test'] });
  const others = join(edges.folder, 'others.pem');
  writeFileSync(others, (await Authority.make('Others')).certificate);
  const strict = ['-Verify', '1', '-verify_return_error', '-CAfile', others, '-quiet'];
  const server = new Program('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...own, ...strict]);
  await server.until(() => isListening(port));
  const federation = [{ name: 'partner.test', kind: 'standard' as const, edge: `127.0.0.1:${port}` }];
  const edge = await edges.start({ domain: 'ours.test', federation });
  const alice = await edge.phone('alice');
  const said = await alice.ask('MESSAGE', { uri: 'sip:eve@partner.test' });
  expect(said.status).toBe(500);
  const warnings = edge.log.filter(({ refusal }) => refusal === 'partner-refuses-us');
  expect(warnings).toMatchObject([{ domain: 'partner.test', detail: expect.stringContaining('UNKNOWN_CA') }]);
  await server.stop();
});

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise(resolve => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).then(is => {
    socket.destroy();
    return is as boolean;
  });
}

function ours(): Promise<FederatedEdge> {
  const federation = [{ name: 'partner.test', kind: 'standard' as const, edge: '127.0.0.1:1' }];
  return edges.start({ domain: 'ours.test', federation });
}

async function certificateFiles(authority: Authority, issued: Issued): Promise<string[]> {
  const { certificate, key } = await authority.issue(issued);
  const [cert, own] = [join(edges.folder, 'partner.pem'), join(edges.folder, 'partner.key')];
  writeFileSync(cert, certificate);
  writeFileSync(own, key);
  return ['-cert', cert, '-key', own];
}

/** What comes back when one from this domain writes to alice; our certificate is checked to name our domain. */
async function asPartner({ port }: FederatedEdge, options: string[], domain: string): Promise<string> {
  const trust = ['-CAfile', edges.authorities, '-verify_return_error', '-verify_hostname', 'ours.test'];
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'ours.test', '-ign_eof', ...trust];
  const openssl = spawn('openssl', [...args, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [openssl.stdout, openssl.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (/SIP\/2\.0 \d+[\s\S]*\r\n\r\n/.test(output)) openssl.kill();
    });
  openssl.stdin.write(
    [
      'MESSAGE sip:alice@ours.test SIP/2.0',
      'Via: SIP/2.0/TLS sip.partner.test;branch=z9hG4bK1',
      'Max-Forwards: 70',
      `From: <sip:eve@${domain}>;tag=1`,
      'To: <sip:alice@ours.test>',
      'Call-ID: 1',
      'CSeq: 1 MESSAGE',
      'Content-Length: 0\r\n\r\n',
    ].join('\r\n'),
  );
  const late = setTimeout(() => openssl.kill(), 10_000);
  await new Promise(resolve => openssl.once('close', resolve));
  clearTimeout(late);
  return output;
}
