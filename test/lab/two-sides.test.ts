import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Program } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import { Namespaces } from './namespaces.ts';

/*
 * A home, an edge and a desk, each in a network namespace. The home knows a user's password and tries everything it can to reach the desk;
 * the operator has allowed every peer there is. What reaches the enterprise's cable is captured.
 */

const ROOT = { name: 'root', isMet: () => process.getuid?.() === 0 };
const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const [HOME, OUTSIDE, INSIDE, DESK] = ['198.51.100.2', '198.51.100.1', '10.1.0.10', '10.1.0.77'];
const [OUTSIDE6, INSIDE6, DESK6] = ['2001:db8:5::1', 'fd00:1::10', 'fd00:1::77'];
const NOBODY = '203.0.113.9';
const PORT = 4000;

const undo: (() => unknown)[] = [];
beforeEach(context => requires(context, 'ip', 'tshark', ROOT));
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe.each([
  ['mmsg', 1, 'bound to their interfaces'],
  ['dgram', 1, 'by routes alone'],
  ['mmsg', 2, 'bound to their interfaces, with two workers'],
] as const)('on the engine %s, %i process(es), sockets %s', (engine, workers, how) => {
  test('nothing that a client outside tries reaches the enterprise but through an allocation made inside', async () => {
    const lab = await lay();
    await startEdge(lab.edge, { engine, workers, bound: how !== 'by routes alone' });
    const capture = await captureAt(lab.desk);

    const shut = program(lab.desk, 'desk.ts', INSIDE, NOBODY); // has a relay, and permits nobody who is there
    await shut.until(() => shut.output.includes('\n'));
    await capture.until(seen => seen.length > 3); // tshark is in no hurry
    await settled();
    const before = capture.seen();
    const tried = await attempt(lab, [DESK, INSIDE, DESK6, INSIDE6].join(), shut.output.split(' ')[0]!);
    expect(tried.attempts).toBeGreaterThan(600);
    expect(tried.control).toBe('success, not answered');
    expect(
      Object.keys(tried.answers).filter(answer => /(Permission|Bind|Connect|Destination) success/.test(answer)),
    ).toEqual([]);
    expect(tried.answers).toMatchObject({
      // it was let in, with every kind of relay, and could do nothing
      'ms Allocate success': 1,
      'ms plain Allocate success': 1,
      'ms pseudo-TLS Allocate success': 1,
      'udp Allocate 2 relays': 1,
      'tls Allocate TCP over IPv4 success 600': 1,
      'tls Allocate TCP over IPv6 success 600': 1,
      'ms to a bystander success': 1,
      'ms plain to a bystander success': 1,
      'ms pseudo-TLS to a bystander success': 1,
    });
    await settled();
    expect(capture.seen()).toEqual(before);
    await shut.stop();

    const desk = program(lab.desk, 'desk.ts', INSIDE, OUTSIDE);
    await desk.until(() => desk.output.includes('\n'));
    const [relay = '', mapped = ''] = desk.output.trim().split(' ');
    expect([relay.split(':')[0], mapped.split(':')[0]]).toEqual([OUTSIDE, DESK]);
    const control = await attempt(lab, DESK, relay);
    expect(control.control).toBe('success, answered');
    await capture.until(seen => seen.some(line => line.includes(`${INSIDE} ${DESK}`)));
    // Everything on the enterprise's cable is between the desk and the edge's internal address.
    expect(
      capture.seen().filter(line => !/^(10\.1\.0\.10 10\.1\.0\.77|10\.1\.0\.77 10\.1\.0\.10)$/.test(line)),
    ).toEqual([]);
  });
});

async function attempt(
  { net, home }: Awaited<ReturnType<typeof lay>>,
  targets: string,
  relay: string,
): Promise<{ attempts: number; answers: Record<string, number>; control: string }> {
  return JSON.parse(await net.in(home, process.execPath, at('two-sides.ts'), OUTSIDE, targets, `${PORT}`, relay));
}

async function lay() {
  const net = new Namespaces();
  undo.push(() => net.close());
  const [home, edge, desk] = [await net.add('home'), await net.add('edge'), await net.add('desk')];
  await net.join(
    { in: home, name: 'out', address: `${HOME}/24` },
    { in: edge, name: 'e-out', address: `${OUTSIDE}/24` },
  );
  await net.join({ in: desk, name: 'in', address: `${DESK}/16` }, { in: edge, name: 'e-in', address: `${INSIDE}/16` });
  await net.in(home, 'ip', 'route', 'add', 'default', 'via', OUTSIDE);
  await net.in(edge, 'ip', 'address', 'add', `${OUTSIDE6}/64`, 'dev', 'e-out', 'nodad');
  await net.in(edge, 'ip', 'address', 'add', `${INSIDE6}/64`, 'dev', 'e-in', 'nodad');
  await net.in(desk, 'ip', 'address', 'add', `${DESK6}/64`, 'dev', 'in', 'nodad');
  return { net, home, edge, desk };
}

async function startEdge(
  namespace: string,
  { engine, workers, bound }: { engine: string; workers: number; bound: boolean },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  const config = {
    external: {
      address: [OUTSIDE, OUTSIDE6],
      ...(bound && { device: 'e-out' }),
      peers: { allow: ['0.0.0.0/0', '::/0'] },
    },
    internal: {
      address: [INSIDE, INSIDE6],
      networks: ['10.1.0.0/16', 'fd00:1::/32'],
      ...(bound && { device: 'e-in' }),
    },
    relayPorts: '50000-50999',
    credentials: { users: { alice: 'wonderland' } },
    limits: { allocations: 500, connections: 500 },
    engines: [engine],
    workers,
  };
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify(config));
  const edge = program(namespace, '../../src/cli/main.ts', 'start', '--config', file);
  await edge.until(
    () => (edge.output.match(/"msg":"started"/g) ?? []).length >= (workers > 1 ? workers + 1 : 1),
    30_000,
  );
}

/** Everything of IP that comes or goes by the enterprise's cable, as `source destination`; but for what machines say of themselves (link-local). */
async function captureAt(namespace: string) {
  const fields = [
    '-T',
    'fields',
    ...['ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst'].flatMap(name => ['-e', name]),
    '-E',
    'separator= ',
  ];
  const tshark = new Program('ip', [
    'netns',
    'exec',
    namespace,
    'tshark',
    '-i',
    'in',
    '-n',
    '-l',
    ...fields,
    '-f',
    'ip or ip6',
  ]);
  undo.push(() => tshark.stop());
  await tshark.until(() => tshark.output.includes('Capturing on'));
  await settled(); // it says so before it does so
  const seen = () =>
    tshark.output
      .split('\n')
      .map(line => line.trim().split(/ +/))
      .filter(([from = '', to, ...more]) => /^[\d.]{7,}$|^fd|^2001/.test(from) && to !== undefined && more.length === 0)
      .map(ends => ends.join(' '));
  return { seen, until: (isSo: (lines: string[]) => boolean) => tshark.until(() => isSo(seen())) };
}

function program(namespace: string, file: string, ...args: readonly string[]): Program {
  const one = new Program('ip', ['netns', 'exec', namespace, process.execPath, at(file), ...args]);
  undo.push(() => one.stop());
  return one;
}

function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 700));
}
