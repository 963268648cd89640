import { describe, expect, test } from 'vitest';
import { SipBench } from '../../test/testkit/sip-bench.ts';
import { TORTURE, tortureMessage } from '../../test/vectors/sip-torture.ts';
import { SipStreamReader } from '../wire/index.ts';
import type { NextHop, SipEffect } from './index.ts';

/* What the server does with each message of RFC 4475 that comes by a connection of a server inside, which is trusted, and by a stranger's. */

const PARTNER: NextHop = { transport: 'TLS', host: 'next.example.test', port: 5061, side: 'internal' };

/** Sent on whole; an INVITE is told so first. */
const SENT_ON = [
  'wsinv',
  'intmeth',
  'esc01',
  'escnull',
  'esc02',
  'lwsdisp',
  'longreq',
  'dblreq',
  'semiuri',
  'transports',
  'mpart01',
  'baddate',
  'badbranch',
  'unksm2',
  'invut',
  'regaut01',
  'cparam01',
  'cparam02',
  'regescrt',
  'sdp01',
  'inv2543',
];
/** The answer, and whether the stream is over. */
const ANSWERED: Readonly<Record<string, string>> = {
  badinv01: '400',
  ncl: '400 close',
  scalar02: '400',
  quotbal: '400',
  ltgtruri: '400',
  lwsruri: '400',
  lwsstart: '400',
  trws: '400',
  escruri: '400',
  regbadct: '400',
  badaspec: '400',
  baddn: '400',
  badvers: '505',
  mismatch01: '400',
  mismatch02: '400',
  insuf: '400',
  unkscm: '416',
  novelsc: '416',
  bext01: '420',
  multi01: '400',
  mcl01: '400 close',
  zeromf: '483',
};
/** Responses nobody waits for, good or bad; and one that is waited for: its length says there is more to come. */
const SILENT = ['unreason', 'noreason', 'scalarlg', 'bigcode', 'bcast', 'clerr'];

test('the table is whole', () => {
  const named = [...SENT_ON, ...Object.keys(ANSWERED), ...SILENT];
  expect(named.toSorted()).toEqual(TORTURE.map(({ name }) => name).toSorted());
});

test.each(SENT_ON)('%s is sent on', name => {
  expect(done(name)).toMatch(/^(100 )?connect$/);
});

test.each(Object.entries(ANSWERED))('%s: %s', (name, said) => {
  expect(done(name)).toBe(said);
});

test.each(SILENT)('%s is met with silence', name => {
  expect(done(name)).toBe('');
});

test.each(TORTURE.map(({ name }) => name))('%s of a stranger is never sent on', name => {
  const said = done(name, { isTrusted: false });
  expect(said).not.toContain('connect');
  // a REGISTER is asked for a password; who calls himself another domain's is nobody here
  const isRegister = Buffer.from(tortureMessage(name).bytes).toString().startsWith('REGISTER');
  if (SENT_ON.includes(name)) expect(said).toBe(isRegister ? '401' : '403');
});

describe('registrations whose addresses are unusual are kept as they are', () => {
  test.each([
    ['escnull', 'null-%00-null', /sip:%00@|sip:%00%00@/],
    ['cparam01', 'j.user', /<sip:\+19725552222@gw1\.example\.net>;unknownparam/],
    ['cparam02', 'j.user', /<sip:\+19725552222@gw1\.example\.net;unknownparam>/],
    ['regescrt', 'j.user', /<sip:user@example\.test>/],
  ])('%s', (name, user, contact) => {
    const bench = new SipBench();
    bench.users.set(user, { record: `sip:${user}@example.test`, aliases: [], algorithm: 'MD5', side: 'any' });
    const said = hear(
      bench,
      Buffer.from(Buffer.from(tortureMessage(name).bytes).toString().replaceAll('example.com', 'example.test')),
    );
    const [ok] = said.flatMap(effect => (effect.do === 'send' ? [Buffer.from(effect.bytes).toString()] : []));
    expect(ok).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    expect(ok).toMatch(contact);
    expect(ok).not.toContain('?'); // headers within a contact would become headers of requests to it
    expect(bench.server.counts().users).toBe(1);
  });
});

function done(name: string, { isTrusted = true } = {}): string {
  return hear(new SipBench({ nextHop: () => PARTNER }), tortureMessage(name).bytes, isTrusted)
    .map(effect => (effect.do === 'send' ? statusOf(effect.bytes) : effect.do))
    .filter(word => word !== 'count-refusal')
    .join(' ');
}

function hear(bench: SipBench, bytes: Uint8Array, isTrusted = true): SipEffect[] {
  bench.open(1, { isTrusted, side: isTrusted ? 'internal' : 'external' });
  return new SipStreamReader().push(bytes).flatMap(arrival => [...bench.hear(1, arrival)]);
}

function statusOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString().split(' ')[1]!;
}
