import { expect, test } from 'vitest';
import { ATTRIBUTES, isComprehensionRequired, METHODS } from './registry.ts';

/** What the IANA registry "STUN Attributes" lists for these documents, by the names of the documents. */
const BY_DOCUMENT: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'RFC 8489': {
    1: 'MAPPED-ADDRESS',
    6: 'USERNAME',
    8: 'MESSAGE-INTEGRITY',
    9: 'ERROR-CODE',
    10: 'UNKNOWN-ATTRIBUTES',
    20: 'REALM',
    21: 'NONCE',
    28: 'MESSAGE-INTEGRITY-SHA256',
    29: 'PASSWORD-ALGORITHM',
    30: 'USERHASH',
    32: 'XOR-MAPPED-ADDRESS',
    32770: 'PASSWORD-ALGORITHMS',
    32771: 'ALTERNATE-DOMAIN',
    32802: 'SOFTWARE',
    32803: 'ALTERNATE-SERVER',
    32808: 'FINGERPRINT',
  },
  'RFC 8656': {
    12: 'CHANNEL-NUMBER',
    13: 'LIFETIME',
    18: 'XOR-PEER-ADDRESS',
    19: 'DATA',
    22: 'XOR-RELAYED-ADDRESS',
    23: 'REQUESTED-ADDRESS-FAMILY',
    24: 'EVEN-PORT',
    25: 'REQUESTED-TRANSPORT',
    26: 'DONT-FRAGMENT',
    34: 'RESERVATION-TOKEN',
    32768: 'ADDITIONAL-ADDRESS-FAMILY',
    32769: 'ADDRESS-ERROR-CODE',
    32772: 'ICMP',
  },
  'RFC 6062': { 42: 'CONNECTION-ID' },
  'RFC 5780': {
    3: 'CHANGE-REQUEST',
    38: 'PADDING',
    39: 'RESPONSE-PORT',
    32807: 'CACHE-TIMEOUT',
    32811: 'RESPONSE-ORIGIN',
    32812: 'OTHER-ADDRESS',
  },
  'RFC 8016': { 32816: 'MOBILITY-TICKET' },
  'RFC 7635': { 27: 'ACCESS-TOKEN', 32814: 'THIRD-PARTY-AUTHORIZATION' },
  'RFC 8445': { 36: 'PRIORITY', 37: 'USE-CANDIDATE', 32809: 'ICE-CONTROLLED', 32810: 'ICE-CONTROLLING' },
  'RFC 7982': { 32805: 'TRANSACTION-TRANSMIT-COUNTER' },
};

test('the attributes are exactly those of the documents, under their names and numbers', () => {
  const expected = Object.values(BY_DOCUMENT).flatMap(names => Object.entries(names));
  const ours = Object.entries(ATTRIBUTES).map(([name, number]) => [String(number), documentName(name)]);
  expect(ours.toSorted(byNumber)).toEqual(expected.toSorted(byNumber));
});

test('no number is used twice', () => {
  expect(new Set(Object.values(ATTRIBUTES)).size).toBe(Object.keys(ATTRIBUTES).length);
  expect(new Set(Object.values(METHODS)).size).toBe(Object.keys(METHODS).length);
});

test('methods are those of RFC 8489, RFC 8656 and RFC 6062, in 12 bits', () => {
  expect(METHODS).toEqual({
    Binding: 1,
    Allocate: 3,
    Refresh: 4,
    Send: 6,
    Data: 7,
    CreatePermission: 8,
    ChannelBind: 9,
    Connect: 10,
    ConnectionBind: 11,
    ConnectionAttempt: 12,
  });
});

test('the high bit of an attribute tells whether it must be understood', () => {
  expect(isComprehensionRequired(0x7fff)).toBe(true);
  expect(isComprehensionRequired(0x8000)).toBe(false);
  expect(isComprehensionRequired(ATTRIBUTES.DontFragment)).toBe(true);
  expect(isComprehensionRequired(ATTRIBUTES.AdditionalAddressFamily)).toBe(false);
});

/** XorPeerAddress as the documents write it: XOR-PEER-ADDRESS. */
function documentName(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toUpperCase();
}

function byNumber([a]: readonly string[], [b]: readonly string[]): number {
  return Number(a) - Number(b);
}
