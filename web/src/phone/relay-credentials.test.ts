import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SignInAnswer } from '../api/access.ts';
import { RelayCredentials, renewInMs } from './relay-credentials.ts';

const HOUR = 3_600_000;
const SIP = { user: '1795292293.alice', password: 'p' };
const minted = (name: string, lifetimeMs: number) => ({
  iceServers: [{ urls: [`turn:${name}`] }],
  expiresAt: new Date(Date.now() + lifetimeMs),
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('credentials are renewed when three quarters of their time are over, again and again', async () => {
  const renewed: unknown[] = [];
  const mint = vi.fn(async (): Promise<SignInAnswer> => ({ ok: true, minted: minted('next', 8 * HOUR), sip: SIP }));
  const credentials = new RelayCredentials(minted('first', 8 * HOUR), mint, {
    renewed: ([server], sip) => renewed.push(server!.urls[0]!, sip),
    refused: () => {},
  });
  await vi.advanceTimersByTimeAsync(6 * HOUR - 1);
  expect(mint).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect([mint.mock.calls.length, renewed]).toEqual([1, ['turn:next', SIP]]);
  await vi.advanceTimersByTimeAsync(6 * HOUR);
  expect(mint).toHaveBeenCalledTimes(2);
  expect(await credentials.forCall()).toEqual([{ urls: ['turn:next'] }]);
  credentials.stop();
  await vi.advanceTimersByTimeAsync(24 * HOUR);
  expect(mint).toHaveBeenCalledTimes(2);
});

test('a call that begins just before they end gets others', async () => {
  const mint = vi.fn(async (): Promise<SignInAnswer> => ({ ok: true, minted: minted('fresh', HOUR), sip: null }));
  const credentials = new RelayCredentials(minted('old', 60_000), mint, { renewed: () => {}, refused: () => {} });
  expect(await credentials.forCall()).toEqual([{ urls: ['turn:fresh'] }]);
  expect(await credentials.forCall()).toEqual([{ urls: ['turn:fresh'] }]);
  expect(mint).toHaveBeenCalledTimes(1);
  credentials.stop();
});

test('an edge that does not answer is asked again; a password that is no longer right is told', async () => {
  const answers: SignInAnswer[] = [
    { ok: false, why: 'edge-unreachable', said: '' },
    { ok: false, why: 'password-wrong', said: '' },
  ];
  const refused = vi.fn();
  const mint = vi.fn(async () => answers.shift() ?? answers[0]!);
  const credentials = new RelayCredentials(minted('first', HOUR), mint, { renewed: () => {}, refused });
  await vi.advanceTimersByTimeAsync(0.75 * HOUR);
  expect([mint.mock.calls.length, refused.mock.calls.length]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect([mint.mock.calls.length, refused.mock.calls.length]).toEqual([2, 1]);
  credentials.stop();
});

test('a renewal is never sooner than half a minute away, nor later than a timer can be', () => {
  expect([renewInMs(1000, 0), renewInMs(-5, 0), renewInMs(4 * HOUR, 0), renewInMs(1e12, 0)]).toEqual([
    30_000,
    30_000,
    3 * HOUR,
    24 * HOUR,
  ]);
});
