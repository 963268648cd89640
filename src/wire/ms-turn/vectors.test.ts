import { expect, test } from 'vitest';
import { fromHex, MS_VECTOR_KEYS, MS_VECTORS } from '../../../test/vectors/ms-turn.ts';
import { AddressBuffer, formatAddress, parseIp, type TransportAddress, withPort } from '../address.ts';
import { readErrorCode } from '../stun/error-code.ts';
import { readPlainAddress } from '../stun/plain-address.ts';
import { readText, readUint32 } from '../stun/values.ts';
import { readMsXorAddress } from './ms-address.ts';
import { writeMsDataIndication } from './ms-data-indication.ts';
import { msLongTermKey, verifyMsIntegrity } from './ms-integrity.ts';
import { MsMessageView } from './ms-message-view.ts';
import { MsMessageWriter } from './ms-message-writer.ts';
import { isMsConnection, readMsSequenceNumber } from './ms-sequence-number.ts';
import { MS_ATTRIBUTES, MS_TYPES } from './registry.ts';

const A = MS_ATTRIBUTES;
const K = MS_VECTOR_KEYS;
const ID = fromHex(K.transactionId);
const CONNECTION = fromHex(K.connectionId);
const MD5 = fromHex(K.md5);
const PEER = address('203.0.113.9', 3000);

function address(ip: string, port: number): TransportAddress {
  return withPort(parseIp(ip)!, port);
}

function read(hex: string): MsMessageView {
  const view = new MsMessageView();
  const bytes = fromHex(hex);
  expect(view.read(bytes, 0, bytes.length)).toBe('ok');
  return view;
}

function writer(type: number): MsMessageWriter {
  return new MsMessageWriter(new Uint8Array(512).fill(0xee), 7, type, ID);
}

const hexOf = (w: MsMessageWriter) => Buffer.from(w.message).toString('hex');

test('the keys are hashes over raw bytes', () => {
  const [user, password] = [Buffer.from(K.username), Buffer.from(K.password)];
  expect(Buffer.from(msLongTermKey('md5', user, K.realm, password)).toString('hex')).toBe(K.md5);
  expect(Buffer.from(msLongTermKey('sha-256', user, K.realm, password)).toString('hex')).toBe(K.sha256);
});

test.each([
  ['allocate', 'sha1', K.md5],
  ['allocateSha256', 'sha256', K.sha256],
  ['allocateResponse', 'sha1', K.md5],
  ['send', 'sha1', K.md5],
] as const)('the integrity of %s is right, and with another key, kind or byte it is wrong', (name, kind, key) => {
  const view = read(MS_VECTORS[name]);
  expect(verifyMsIntegrity(view, kind, fromHex(key))).toBe(true);
  expect(verifyMsIntegrity(view, kind === 'sha1' ? 'sha256' : 'sha1', fromHex(key))).toBe(false);
  expect(verifyMsIntegrity(view, kind, new Uint8Array(16))).toBe(false);
  for (let at = 0; at < view.end; at++) {
    const altered = fromHex(MS_VECTORS[name]);
    altered[at]! ^= 1;
    const other = new MsMessageView();
    if (other.read(altered, 0, altered.length) === 'ok')
      expect(verifyMsIntegrity(other, kind, fromHex(key))).toBe(false);
  }
});

test('an Allocate is written as it is read', () => {
  const view = read(MS_VECTORS.allocate);
  expect(view.type).toBe(MS_TYPES.AllocateRequest);
  expect(readText(view, view.find(A.Nonce))).toBe(K.nonce);
  expect(readText(view, view.find(A.Realm))).toBe(K.realm);
  expect(readUint32(view, view.find(A.MsVersion))).toBe(1);
  const w = writer(MS_TYPES.AllocateRequest).uint32(A.MsVersion, 1).text(A.Username, K.username);
  w.text(A.Nonce, K.nonce).text(A.Realm, K.realm).integrity(MD5);
  expect(hexOf(w)).toBe(MS_VECTORS.allocate);
});

test('HMAC-SHA256 is written by its unconfirmed rule', () => {
  const w = writer(MS_TYPES.AllocateRequest).uint32(A.MsVersion, 3).text(A.Username, K.username);
  w.text(A.Nonce, K.nonce).text(A.Realm, K.realm).integrity(fromHex(K.sha256), 'sha256');
  expect(hexOf(w)).toBe(MS_VECTORS.allocateSha256);
});

test('an Allocate response is written as it is read', () => {
  const view = read(MS_VECTORS.allocateResponse);
  const into = new AddressBuffer();
  expect(readPlainAddress(view, view.find(A.MappedAddress), into)).toBe(true);
  expect(formatAddress(into)).toBe('192.0.2.20:50002');
  expect(readMsXorAddress(view, view.find(A.XorMappedAddress), into)).toBe(true);
  expect(formatAddress(into)).toBe('198.51.100.7:40000');
  const sequence = view.find(A.MsSequenceNumber);
  expect(readMsSequenceNumber(view, sequence)).toBe(0);
  expect(isMsConnection(view, sequence, CONNECTION)).toBe(true);
  expect(isMsConnection(view, sequence, CONNECTION.with(19, 0))).toBe(false);
  const w = writer(MS_TYPES.AllocateResponse).address(A.MappedAddress, address('192.0.2.20', 50_002));
  w.uint32(A.Lifetime, 600).uint32(A.Bandwidth, 750).uint32(A.MsVersion, 1);
  w.xorMappedAddress(address('198.51.100.7', 40_000)).sequenceNumber(CONNECTION, 0).integrity(MD5);
  expect(hexOf(w)).toBe(MS_VECTORS.allocateResponse);
});

test('a Send request is written as it is read', () => {
  const w = writer(MS_TYPES.SendRequest).uint32(A.MsVersion, 1).sequenceNumber(CONNECTION, 1);
  w.text(A.Username, K.username).address(A.DestinationAddress, PEER).text(A.Data, 'hello').integrity(MD5);
  expect(hexOf(w)).toBe(MS_VECTORS.send);
});

test('a Data Indication is written around its payload and nothing else is touched', () => {
  const bytes = new Uint8Array(80).fill(0xee);
  bytes.set(Buffer.from('hello'), 64);
  const start = writeMsDataIndication(bytes, 64, 69, PEER, ID);
  expect(Buffer.from(bytes.subarray(start, 69)).toString('hex')).toBe(MS_VECTORS.dataIndication);
  expect([...bytes.subarray(0, start), ...bytes.subarray(69)].every(byte => byte === 0xee)).toBe(true);
});

test('a challenge is written as it is read', () => {
  const view = read(MS_VECTORS.challenge);
  expect(readErrorCode(view, view.find(A.ErrorCode))).toEqual({ code: 401, reason: 'Unauthorized' });
  const w = writer(MS_TYPES.AllocateError).errorCode(401, 'Unauthorized').text(A.Realm, K.realm);
  w.text(A.Nonce, K.nonce).uint32(A.MsVersion, 1).address(A.AlternateServer, address('192.0.2.20', 3478));
  expect(hexOf(w)).toBe(MS_VECTORS.challenge);
});
