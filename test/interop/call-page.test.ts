import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requires } from '../testkit/requires.ts';
import { aBrowser, CallPage, type CallPageOptions } from './chromium.ts';
import { EDGES, ONE_EDGE, type Rig, type RigDifferences, startRig, tlsKeyOf } from './rig.ts';

const opened: { close(): Promise<void> }[] = [];

beforeEach(context => requires(context, aBrowser));
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

describe.each(EDGES)('on $engine with $workers workers', runAs => {
  test.each(['udp', 'tcp', 'tls'] as const)('two peers call each other through the relay over %s', async transport => {
    const edge = await rig({}, runAs);
    const page = await callPage(edge.pageUrl, { transport, trustedKeys: [await tlsKeyOf(edge)] });
    const { a, b, verdict, state } = await page.until(s => s.a.framesDecoded > 30 && s.b.framesDecoded > 30);
    expect({ state, verdict: verdict.code }).toEqual({ state: 'connected', verdict: 'works' });
    for (const peer of [a, b]) {
      expect(peer.local).toMatchObject({
        type: 'relay',
        relayProtocol: transport,
        protocol: 'udp',
        address: '127.0.0.1',
      });
      expect(peer.remote).toMatchObject({ type: 'relay', address: '127.0.0.1' });
    }
    expect([a.local?.port, b.local?.port]).toEqual([b.remote?.port, a.remote?.port]);
    expect(page.complaints).toEqual([]);
  });

  test('every way in is tried, whichever carries the call', async () => {
    const edge = await rig({}, runAs);
    const page = await callPage(edge.pageUrl, { transport: 'udp', trustedKeys: [await tlsKeyOf(edge)] });
    const { attempts } = await page.until(s => s.attempts.length > 0 && s.attempts.every(a => a.outcome !== 'waiting'));
    expect(new Set(attempts.map(a => `${a.transport} ${a.outcome}`))).toEqual(
      new Set(['udp relayed', 'tcp relayed', 'tls relayed']),
    );
  });

  test('a used-up quota is the reason', async () => {
    const page = await callPage((await rig({ limits: { allocationsPerUser: 1 } }, runAs)).pageUrl, {
      transport: 'tcp',
    });
    await page.until(s => s.verdict.code === 'quota-reached');
  });
});

test('the token does not stay in the address bar', async () => {
  const page = await callPage((await rig()).pageUrl, { transport: 'udp' });
  expect(page.address).not.toContain('t0ken');
  expect(page.address).toMatch(/#transport=udp&start$/);
});

test('a call can be stopped and started again', async () => {
  const page = await callPage((await rig()).pageUrl, { transport: 'tcp' });
  await page.until(s => s.verdict.kind === 'works');
  await page.press('Stop');
  expect((await page.state()).state).toBe('stopped');
  await page.press('Start the call');
  await page.until(s => s.verdict.kind === 'works');
});

test('a certificate the browser does not trust is named as the reason, and the other ways in as open', async () => {
  const page = await callPage((await rig()).pageUrl, { transport: 'tls' });
  const { attempts, verdict } = await page.until(s => s.verdict.code === 'certificate-not-trusted');
  expect(verdict.kind).toBe('fails');
  expect(attempts.filter(a => a.transport === 'tls').every(a => a.errorCode === 701)).toBe(true);
  expect(await page.text()).toContain('The browser does not trust the certificate of the relay');
});

test('a wrong token is the reason', async () => {
  const { pageUrl } = await rig();
  const page = await callPage(pageUrl.replace('t0ken', 'wrong'), { transport: 'udp' });
  await page.until(s => s.verdict.code === 'token-refused');
});

test('the right address, pasted over one with an old token, mends it', async () => {
  const { pageUrl } = await rig();
  const page = await callPage(pageUrl.replace('t0ken', 'old'), { transport: 'udp' });
  await page.until(s => s.verdict.code === 'token-refused');
  await page.goTo(`${pageUrl}&transport=udp&start`);
  await page.until(s => s.verdict.kind === 'works');
});

test('a transport that the edge does not offer is the reason', async () => {
  const page = await callPage((await rig({ external: { tcp: [] } })).pageUrl, { transport: 'tls' });
  await page.until(s => s.verdict.code === 'transport-not-offered');
});

test('a peer policy that denies the relayed addresses is the reason', async () => {
  const page = await callPage((await rig({ external: { peers: { deny: ['127.0.0.0/8'] } } })).pageUrl, {
    transport: 'udp',
  });
  const { verdict } = await page.until(s => s.state === 'failed', 35_000);
  expect(verdict).toMatchObject({ code: 'peer-refused', kind: 'fails' });
  expect(verdict.remedy.join()).toContain('external.peers.deny');
});

test('an edge that ends during a call is noticed', async () => {
  const started = await rig();
  const page = await callPage(started.pageUrl, { transport: 'udp' });
  await page.until(s => s.verdict.kind === 'works');
  await started.close();
  await page.until(s => s.verdict.code === 'call-lost', 30_000);
});

async function rig(differences: RigDifferences = {}, runAs = ONE_EDGE): Promise<Rig> {
  const started = await startRig(runAs, differences);
  opened.push(started);
  if (started.pageUrl === '') throw new Error('the call page is not built: npm run build:web');
  return started;
}

async function callPage(url: string, options: CallPageOptions): Promise<CallPage> {
  const page = await CallPage.open(url, options);
  opened.push(page);
  return page;
}
