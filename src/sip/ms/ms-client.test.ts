import { expect, test } from 'vitest';
import { sipFlow, sipRequest } from '../../../test/testkit/sip-messages.ts';
import { readXml } from '../../wire/mras/index.ts';
import { msRegistrationHeaders, serveMsClient } from './ms-client.ts';

const ALICE = { record: 'sip:alice@example.test', aliases: [], algorithm: 'MD5', side: 'any' } as const;
const SIPE = { Supported: 'gruu-10, adhoclist, msrtc-event-categories, com.microsoft.msrtc.presence' };

test('pidgin-sipe is told what makes it go on, and that it is outside; other phones are told nothing', () => {
  const headers = (side: 'external' | 'internal', said: object) =>
    msRegistrationHeaders({
      request: sipRequest('REGISTER', { headers: { ...said } }),
      user: ALICE,
      flow: sipFlow(1, { side }),
    });
  const outside = headers('external', SIPE);
  expect(outside.filter(([name]) => name === 'Supported').map(([, value]) => value)).toEqual([
    'adhoclist',
    'msrtc-event-categories',
  ]);
  expect(outside.find(([name]) => name === 'Allow-Events')![1]).not.toContain(' ');
  expect(outside).toContainEqual(['ms-user-logon-data', 'RemoteUser']);
  expect(headers('internal', SIPE).map(([name]) => name)).not.toContain('ms-user-logon-data');
  expect(headers('external', {})).toEqual([]);
});

test('its subscriptions for itself are answered with a document, other events are unknown, and others are not its business', () => {
  const subscribe = (event: string, uri: string = ALICE.record) =>
    serveMsClient({
      request: sipRequest('SUBSCRIBE', { uri, headers: { Event: event } }),
      user: ALICE,
      flow: sipFlow(1),
    });
  for (const event of ['vnd-microsoft-roaming-contacts', 'vnd-microsoft-roaming-self']) {
    const answer = subscribe(event)!;
    expect(answer.headers).toContainEqual(['Content-Type', `application/${event}+xml`]);
    expect(answer.headers!.map(([name]) => name)).toContain('ms-piggyback-cseq');
    expect(readXml(answer.body!)).toBeDefined();
  }
  expect(subscribe('dialog')).toEqual({ status: 489 });
  expect(subscribe('presence', 'sip:bob@example.test')).toBeUndefined();
});

test('what it publishes is accepted, and calls to itself are calls', () => {
  const said = (method: string) =>
    serveMsClient({ request: sipRequest(method, { uri: ALICE.record }), user: ALICE, flow: sipFlow(1) });
  expect(said('SERVICE')).toEqual({ status: 200 });
  expect(said('MESSAGE')).toBeUndefined();
  expect(
    serveMsClient({ request: sipRequest('SERVICE', { uri: ALICE.record }), user: undefined, flow: sipFlow(1) }),
  ).toBeUndefined();
});
