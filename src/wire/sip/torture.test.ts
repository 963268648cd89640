import { describe, expect, test } from 'vitest';
import { TORTURE, tortureMessage } from '../../../test/vectors/sip-torture.ts';
import {
  isSipUri,
  readSipMessage,
  type SipMessage,
  SipStreamReader,
  uniqueBranch,
  writeRefusal,
  writeSipMessage,
} from '../index.ts';

test('the set is whole: 13 valid messages, 19 invalid ones, and 17 that layers above the codec judge', () => {
  expect(TORTURE.filter(({ section }) => section.startsWith('3.1.1'))).toHaveLength(13);
  expect(TORTURE.filter(({ section }) => section.startsWith('3.1.2'))).toHaveLength(19);
  expect(TORTURE.filter(({ section }) => /^3\.[234]/.test(section))).toHaveLength(17);
});

describe.each(TORTURE)('RFC 4475 §$section $name', ({ bytes, codec }) => {
  test(`as a datagram: ${codec}`, () => {
    const said = readSipMessage(bytes, 'datagram');
    expect(said.kind === 'refused' ? said.fault : 'accepted').toBe(codec);
  });

  test('on a stream: the same, whether it comes whole or in bytes', () => {
    const whole = firstOnStream(bytes, bytes.length);
    expect(firstOnStream(bytes, 1)).toEqual(whole);
    // what is too short for its length may still come
    expect(whole).toBe(codec === 'content-length-mismatch' ? 'nothing' : codec);
  });
});

test.each(TORTURE.filter(({ codec }) => codec === 'accepted'))(
  '$name is the same when written and read again',
  ({ bytes }) => {
    const read = accepted(bytes);
    expect(accepted(writeSipMessage(read))).toMatchObject({ ...read, headers: expect.anything() });
  },
);

test.each([
  ['badinv01', 400],
  ['clerr', 400],
  ['ncl', 400],
  ['scalar02', 400],
  ['scalarlg', 0],
  ['quotbal', 400],
  ['ltgtruri', 400],
  ['lwsruri', 400],
  ['lwsstart', 400],
  ['trws', 400],
  ['escruri', 400],
  ['regbadct', 400],
  ['badaspec', 400],
  ['baddn', 400],
  ['badvers', 505],
  ['mismatch01', 400],
  ['mismatch02', 400],
  ['bigcode', 0],
  ['insuf', 400],
  ['multi01', 400],
  ['mcl01', 400],
] as const)('%s is answered %i', (name, code) => {
  const refusal = readSipMessage(tortureMessage(name).bytes, 'datagram');
  if (refusal.kind !== 'refused') throw new Error(`${name} was accepted`);
  expect(refusal.code).toBe(code);
  const answer = writeRefusal(refusal, 'ours');
  if (code === 0) expect(answer).toBeUndefined();
  else expect(Buffer.from(answer!).toString()).toMatch(new RegExp(`^SIP/2.0 ${code} [A-Z]`));
});

test('wsinv: folding, compact names, blanks everywhere and a quoted quotation mark', () => {
  const wsinv = accepted(tortureMessage('wsinv').bytes);
  expect(wsinv).toMatchObject({ maxForwards: 68, cseq: { number: 9, method: 'INVITE' } });
  expect(wsinv.from.display).toBe('J Rosenberg \\"');
  expect(wsinv.from.params.get('tag')).toBe('98asjd8');
  expect(wsinv.vias.map(({ transport, host }) => `${transport} ${host}`)).toEqual([
    'UDP 192.0.2.2',
    'TCP spindle.example.com',
    'UDP 192.168.255.111',
  ]);
  expect(wsinv.headers.first('NEWFANGLEDHEADER')).toBe('newfangled value continued newfangled value');
});

test('intmeth: what a quoted pair may hold, a method and a user of every character', () => {
  const intmeth = accepted(tortureMessage('intmeth').bytes);
  expect(intmeth.to.display).toBe('BEL:\u0007 NUL:\0 DEL:\u007f');
  if (intmeth.kind !== 'request' || !isSipUri(intmeth.uri)) throw new Error('no request');
  expect(intmeth.uri.user).toBe("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
});

test('semiuri: a semicolon before the at sign belongs to the user', () => {
  const semiuri = accepted(tortureMessage('semiuri').bytes);
  expect(semiuri).toMatchObject({ uri: { user: 'user;par=u%40example.net', host: 'example.com' } });
});

test('dblreq: what is behind a datagram is no second request, and on a stream it is the next one', () => {
  const { bytes } = tortureMessage('dblreq');
  expect(accepted(bytes).body).toHaveLength(0);
  expect(new SipStreamReader().push(bytes).map(({ kind }) => kind)).toEqual(['request', 'refused']);
});

test('badbranch: a cookie with nothing behind it names no transaction', () => {
  expect(uniqueBranch(accepted(tortureMessage('badbranch').bytes).vias[0]!)).toBeUndefined();
  expect(uniqueBranch(accepted(tortureMessage('transports').bytes).vias[0]!)).toBe('z9hG4bKkdjuw');
});

function accepted(bytes: Uint8Array): SipMessage {
  const read = readSipMessage(bytes, 'datagram');
  if (read.kind === 'refused') throw new Error(`${read.fault} ${read.header}`);
  return read;
}

function firstOnStream(bytes: Uint8Array, piece: number): string {
  const reader = new SipStreamReader();
  for (let at = 0; at < bytes.length; at += piece) {
    const [first] = reader.push(bytes.subarray(at, at + piece));
    if (first !== undefined) return first.kind === 'refused' ? first.fault : 'accepted';
  }
  return 'nothing';
}
