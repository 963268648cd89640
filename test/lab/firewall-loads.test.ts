import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FORMATS, planOf, readRules, verify, without } from '../../src/topology/index.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { TOPOLOGIES, type TopologyName, topology } from '../testkit/topologies.ts';
import { ROOT } from './network/needs.ts';
import { Network } from './network/network.ts';

const NEEDS = [ROOT, 'ip', 'nft', 'iptables', 'ip6tables', 'iptables-restore', 'ip6tables-restore', 'iptables-save'];
const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const SOURCES = { policy: 'source-and-destination' } as const;

const net = new Network();
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-loads-'));
  if (NEEDS.every(isMet)) await net.add('host');
});
afterAll(async () => {
  await net.close();
  rmSync(folder, { recursive: true });
});
beforeEach(context => requires(context, ...NEEDS));

const names = Object.keys(TOPOLOGIES) as TopologyName[];

test.each(names)('%s: nft checks and loads the plan, twice, and what is live is found to be as planned', async name => {
  for (const at of ['edge', 'perimeter'] as const) {
    const rules = file('plan.nft', FORMATS.nftables.render(planOf(topology(name), SOURCES), { what: 'all', at }));
    await net.in('host', 'nft', '-c', '-f', rules);
    await net.in('host', 'nft', '-f', rules);
    await net.in('host', 'nft', '-f', rules);
    expect(findings(name, at, await net.in('host', 'nft', '-j', 'list', 'ruleset'))).toEqual([]);
    await net.in('host', 'nft', 'flush', 'ruleset');
  }
});

test.each(names)(
  '%s: iptables-restore and ip6tables-restore take the plan, and what they save is as planned',
  async name => {
    for (const at of ['edge', 'perimeter'] as const) {
      const rules = file(
        'plan.iptables',
        FORMATS.iptables.render(planOf(topology(name), SOURCES), { what: 'all', at }),
      );
      for (const family of ['iptables', 'ip6tables']) await net.in('host', `${family}-restore`, rules);
      const saved = `${await net.in('host', 'iptables-save')}\n${await net.in('host', 'ip6tables-save')}`;
      expect(findings(name, at, saved)).toEqual([]);
      await net.in('host', 'nft', 'flush', 'ruleset');
    }
  },
);

const DEVICES = { external: 'eth0', internal: 'eth1' };
const KEPT = ['site:'];

test.each<[string, 'nft' | 'iptables', [kind: string, place: string][]]>([
  ['by-hand.nft', 'nft', []],
  ['firewalld.nft', 'nft', [['too-wide', 'inet firewalld filter_OUTPUT (policy accept)']]], // it lets everything out
  [
    'ufw.iptables',
    'iptables',
    [
      ['unneeded', '--sport 67 --dport 68'], // DHCP
      ['too-wide', '--dport 3478'], // from anywhere, also inside
      ['too-wide', '--dport 443'],
      ['unneeded', '-A ufw-track-output -p udp'], // it lets everything out
      ['unneeded', '-A ufw-track-output -p tcp'],
    ],
  ],
])(
  '%s, loaded and read back, lets through what is planned; what is too much is named, and nothing is in doubt',
  async (name, tool, expected) => {
    const text = readFileSync(new URL(`../vectors/rulesets/${name}`, import.meta.url), 'utf8');
    try {
      await net.in('host', ...(tool === 'nft' ? ['nft', '-f'] : ['iptables-restore']), file('rules', text));
      const read = await (tool === 'nft'
        ? net.in('host', 'nft', '-j', 'list', 'ruleset')
        : net.in('host', 'iptables-save'));
      const found = findingsIn('remote-users', read).map(({ kind, place, rules }) => {
        expect(rules).toEqual([]);
        const [, line] = /^line (\d+)/.exec(place) ?? [];
        return [kind, line === undefined ? place : read.split('\n')[Number(line) - 1]];
      });
      expect(found).toEqual(expected.map(([kind, text]) => [kind, expect.stringContaining(text)]));
    } finally {
      await net.in('host', 'nft', 'flush', 'ruleset');
    }
  },
);

function findingsIn(name: TopologyName, text: string) {
  const config = topology(name);
  const ruleset = readRules(text);
  if ('problem' in ruleset) throw new Error(ruleset.problem);
  const options = { at: 'edge', devices: DEVICES, relayPorts: config.relayPorts } as const;
  return verify(planOf(config, SOURCES), planOf(config, { policy: 'destination' }), without(ruleset, KEPT), options);
}

test('the command reads the live ruleset by itself; what lets more through, or less, is found', async () => {
  await net.load(
    'host',
    FORMATS.nftables.render(planOf(topology('remote-users'), SOURCES), { what: 'rules', at: 'edge' }),
  );
  expect(await verifyLive('remote-users')).toEqual({
    code: 0,
    last: 'The ruleset lets through what is planned, and nothing else.',
  });
  await net.in('host', 'nft', 'add', 'rule', 'inet', 'sallyport', 'input', 'tcp dport 22 accept');
  expect(await verifyLive('remote-users')).toEqual({ code: 1, last: '1 finding' });
  expect(await verifyLive('lync')).toEqual({ code: 1, last: '3 findings' });
  await net.in('host', 'nft', 'flush', 'ruleset');
});

function findings(name: TopologyName, at: 'edge' | 'perimeter', text: string) {
  const config = topology(name);
  const ruleset = readRules(text);
  if ('problem' in ruleset) throw new Error(ruleset.problem);
  const plan = planOf(config, SOURCES);
  const devices = { external: config.external.device, internal: config.internal?.device };
  return verify(plan, plan, ruleset, { at, devices, relayPorts: config.relayPorts });
}

async function verifyLive(name: TopologyName): Promise<{ code: number; last: string | undefined }> {
  const config = file('edge.yaml', TOPOLOGIES[name]);
  const args = [...net.prefix('host'), process.execPath, MAIN, 'firewall', 'verify', '--config', config];
  const { code, stdout } = await promisify(execFile)('ip', args).then(
    ({ stdout: text }) => ({ code: 0, stdout: text }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
  return { code, last: stdout.trimEnd().split('\n').at(-1) };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
