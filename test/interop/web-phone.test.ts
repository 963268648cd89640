import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { AccessFiles } from '../testkit/access-files.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { TcpProxy } from '../testkit/tcp-proxy.ts';
import { aBrowser, openBrowser } from './chromium.ts';
import { PhonePage, type PhonePageOptions } from './phone-page.ts';
import { keyOf } from './rig.ts';

const NAME = 'localhost'; // browsers know it without asking DNS, which a machine for tests may not have

let files: AccessFiles;
let bench: EdgeBench;
let browser: Browser;
const pages: PhonePage[] = [];

beforeAll(async () => {
  if (!isMet(aBrowser)) return;
  files = await AccessFiles.make('example.test', NAME);
  files.add('carol');
  bench = await EdgeBench.start({
    external: { tcp: [0] },
    tls: files.tls,
    access: { users: files.users, tls: [], wss: 0 },
  });
  browser = await openBrowser({ trustedKeys: [keyOf(files.certificate)] });
});
beforeEach(context => requires(context, aBrowser));
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
  files?.remove();
});

test.each(['udp', 'tcp', 'tls'] as const)('two browsers call each other through the relay over %s', async transport => {
  const more = `relay-only&transport=${transport}`;
  const [alice, bob] = await Promise.all([signedIn('alice', more), signedIn('bob', more)]);
  await alice.dial('bob');
  await bob.untilCall('incoming');
  await alice.untilCall('ringing');
  await bob.press('Answer');
  for (const phone of [alice, bob]) {
    const { call } = await phone.until(state => (state.call?.framesDecoded ?? 0) > 30);
    expect(call).toMatchObject({ stage: 'talking', remote: { type: 'relay' } });
    expect(call?.local).toMatchObject({ type: 'relay', relayProtocol: transport });
  }
  await bob.press('Hang up');
  const ended = await alice.untilCall('none');
  expect(ended.ended).toMatchObject({ address: 'bob@example.test', trouble: '' });
  expect(ended.ended?.talkedMs).toBeGreaterThan(0);
  expect([...alice.complaints, ...bob.complaints]).toEqual([]);
});

test('who declines is said to have declined, and who is in a call to be busy', async () => {
  const [alice, bob, carol] = await Promise.all([signedIn('alice'), signedIn('bob'), signedIn('carol')]);
  await alice.dial('bob');
  await bob.untilCall('incoming');
  await bob.press('Decline');
  expect((await alice.untilCall('none')).ended?.trouble).toBe('sip-603');
  expect(await alice.text()).toContain('bob declined');
  await alice.dial('bob');
  await bob.untilCall('incoming');
  await bob.press('Answer');
  await alice.untilCall('talking');
  await carol.dial('bob@example.test');
  expect((await carol.until(({ ended }) => ended !== null)).ended?.trouble).toBe('sip-486');
  expect(await carol.text()).toContain('bob is busy');
  expect((await bob.state())?.call).toMatchObject({ stage: 'talking', address: 'alice@example.test' });
  await alice.press('Hang up');
  await bob.untilCall('none');
  expect(await bob.text()).toMatch(/carol.*missed/);
});

test('nobody of that name, and somebody who is not there, are told apart', async () => {
  const alice = await signedIn('alice');
  await alice.dial('nobody');
  expect((await alice.until(({ ended }) => ended !== null)).ended?.trouble).toBe('sip-404');
  expect(await alice.text()).toContain('There is no nobody');
  await alice.dial('bob');
  expect((await alice.until(({ ended }) => ended?.address === 'bob@example.test')).ended?.trouble).toBe('sip-480');
  expect(await alice.text()).toContain('bob is not signed in');
});

test('a wrong password is said to be wrong, and neither it nor the right one stays in the address bar or in storage', async () => {
  const phone = await open({ user: 'carol', password: 'guess' });
  expect(await phone.state()).toMatchObject({ line: 'signed-out', refused: 'password-wrong' });
  expect(await phone.text()).toContain('User name or password is wrong');
  await phone.page.getByLabel('Password').fill('carol-password');
  await phone.press('Sign in');
  await phone.until(({ line }) => line === 'ready');
  await phone.dial('nobody');
  await phone.until(({ ended }) => ended !== null);
  expect(phone.page.url()).not.toContain('guess');
  const stored = await phone.page.evaluate(
    'JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage })',
  );
  expect(stored).toContain('nobody@example.test');
  expect(stored).not.toMatch(/guess|carol-password|turn:/);
  expect(bench.lines.join('')).not.toMatch(/guess|carol-password|ice-pwd|a=candidate/);
});

test('a call outlives the connection it was set up by, and who comes back is reached, hung up on and called again', async () => {
  const proxy = await TcpProxy.before(wss());
  try {
    const alice = await signedIn('alice', 'relay-only', proxy.port);
    const bob = await signedIn('bob', 'relay-only');
    await alice.dial('bob');
    await bob.untilCall('incoming');
    await bob.press('Answer');
    await alice.untilCall('talking');
    proxy.cut();
    await alice.until(({ line }) => line === 'away');
    await alice.until(({ line }) => line === 'ready', 20_000);
    expect((await alice.state())?.call?.stage).toBe('talking');
    await bob.press('Hang up');
    await alice.untilCall('none');
    await bob.dial('alice');
    await alice.untilCall('incoming');
  } finally {
    await proxy.close();
  }
});

async function signedIn(user: string, more = '', port = wss()): Promise<PhonePage> {
  const here = { domain: 'example.test', webSocket: `wss://${NAME}:${port}/` };
  const access = port === wss() ? {} : { access: here };
  const phone = await open({ user, password: `${user}-password`, more, ...access }, port);
  expect(await phone.state()).toMatchObject({ line: 'ready', me: `${user}@example.test` });
  return phone;
}

async function open(options: PhonePageOptions, port = wss()): Promise<PhonePage> {
  const phone = await PhonePage.open(browser, `https://${NAME}:${port}/`, options);
  pages.push(phone);
  return phone;
}

function wss(): number {
  return bench.edge.ports.access.wss[0]!;
}
