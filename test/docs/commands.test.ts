import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEdge, type Edge } from '../../src/index.ts';
import { AccessFiles } from '../testkit/access-files.ts';
import { type Finished, run } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import { blocks, ROOT, readmeConfig } from './pages.ts';

/** Commands of the docs that are not run here, each with the place where they are. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^npm (ci|run check|test)$/, '.ci/run runs it'],
  [/^npm start$/, 'test/docs/try-it.test.ts runs it'],
  [/^sallyport start --config edge\.yaml$/, 'src/server/process.test.ts runs it until it is stopped'],
  [/^sallyport doctor /, 'src/cli/doctor.test.ts examines an edge that is here'],
  [/^sallyport probe /, 'src/cli/probe.test.ts probes an edge that is here'],
  [/^sallyport load /, 'test/interop/load.test.ts loads edges that are here'],
  [
    /^turnutils_(uclient|natdiscovery) .* 131\.107\.155\.30$/,
    'test/interop runs these tools against edges that are here',
  ],
  [/^nft -c -f edge\.nft$/, 'as root: test/lab/firewall-loads.test.ts checks and loads plans'],
  [/^openssl s_client /, 'test/interop/federation-openssl.test.ts is that partner'],
  [/^curl --user "dora:/, 'test/interop/ldap.test.ts asks the same of a directory'],
  [/^node bench\//, 'a benchmark: minutes long'],
  [/^npm run (bench|fuzz)/, 'minutes long'],
];

const commands = blocks('sh').flatMap(({ page, text }) => commandsOf(text).map(command => ({ page, command })));
const here = commands.filter(({ command }) => !ELSEWHERE.some(([pattern]) => pattern.test(command)));

let edge: Edge;
let folder: string;
let files: AccessFiles;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  writeFileSync(join(folder, 'edge.yaml'), readmeConfig());
  writeFileSync(join(folder, 'two-sides.yaml'), twoSidesConfig());
  writeFileSync(
    join(folder, 'sallyport'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'src/cli/main.ts')}' "$@"\n`,
  );
  chmodSync(join(folder, 'sallyport'), 0o755);
  files = await AccessFiles.make('example.com', 'sip.example.com');
  edge = await createEdge({
    external: { address: '127.0.0.1', udp: 0, tcp: 0 },
    credentials: { secrets: ['north-wind'] },
    admin: { port: 0, token: 't0ken' },
    tls: files.tls,
    access: { users: files.users, tls: 0, wss: 0 },
  });
});
afterAll(async () => {
  await edge.close();
  files.remove();
  rmSync(folder, { recursive: true });
});

test.each(here)('$page: $command', async ({ command }) => {
  const { status, output } = await shell(command);
  expect(output).not.toMatch(/\b(401|404|error)\b/i);
  expect(status).toBe(0);
});

/** As a reader would run it, in the folder where edge.yaml is; ports and the certificate are those of the edge that runs for this test. */
function shell(command: string): Promise<Finished> {
  const signIn = `--cacert '${files.tls.certificate}' --connect-to sip.example.com:8443:127.0.0.1:${edge.ports.access.wss[0]} https://sip.example.com:8443/`;
  const there = command
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${edge.ports.admin}`)
    .replaceAll('https://sip.example.com:8443/', signIn);
  const secrets = { SALLYPORT_TOKEN: 't0ken', TURN_SECRET: 'north-wind', ALICE_PASSWORD: 'alice-password' };
  const exported = Object.entries(secrets).map(([name, value]) => `${name}=${value}; export ${name}; `);
  const environment = `cd '${folder}'; PATH="${folder}:$PATH"; ${exported.join('')}`;
  return run('sh', ['-c', environment + there]);
}

test('the programs that the docs take for granted are here', context => {
  requires(context, 'curl', 'grep');
});

test('the library example of the README runs', async () => {
  const [example] = blocks('ts').filter(block => block.page === 'README.md');
  const path = join(folder, 'example.ts');
  writeFileSync(
    path,
    `${example!.text.replace("'sallyport'", `'${join(ROOT, 'src/index.ts')}'`)}\nconsole.log(JSON.stringify(iceServers));\n`,
  );
  const { status, output } = await run(process.execPath, [path]);
  expect(status, output).toBe(0);
  expect(JSON.parse(output)[1].urls[0]).toMatch(/^turn:127\.0\.0\.1:\d+\?transport=udp$/);
});

/** The block of docs/two-sides.md that its commands are about. */
function twoSidesConfig(): string {
  const whole = blocks('yaml').find(({ page, text }) => page === 'docs/two-sides.md' && text.includes('admin:'));
  return whole!.text;
}

/** One command per line, continued by a backslash; what follows `#` is for people. */
function commandsOf(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map(line => line.replace(/\s+#.*$/, '').trim())
    .filter(line => line !== '');
}
