import { expect, test } from 'vitest';
import { AddressBuffer, ATTRIBUTES, CLASSES, channelOf, formatAddress, lengthOf, METHODS, MessageView, parseIp, readPeerAddress, withPort } from '../wire/index.ts'; // biome-ignore format: one line
import { channelEnvelope, indicationEnvelope } from './envelope.ts';

const ID = new Uint8Array(12).fill(7);

test('ChannelData names channel and length, and is padded over streams only', () => {
  const bytes = new Uint8Array(64);
  const end = channelEnvelope(0x4005, false).write(bytes, 8, 17);
  expect([channelOf(bytes, 8, end), lengthOf(bytes, 8), end]).toEqual([0x4005, 17, 29]);
  expect(channelEnvelope(0x4005, true).write(bytes, 8, 17)).toBe(32);
});

test.each(['192.0.2.7', '2001:db8::7'])('a Send indication to %s is one that is read', ip => {
  const bytes = new Uint8Array(256).fill(0xff);
  const envelope = indicationEnvelope(withPort(parseIp(ip)!, 4000), ID);
  const end = envelope.write(bytes, 4, 101);
  const view = new MessageView();
  const peer = new AddressBuffer();
  expect(view.read(bytes, 4, end)).toBe('ok');
  expect([view.method, view.class]).toEqual([METHODS.Send, CLASSES.indication]);
  expect(readPeerAddress(view, view.find(ATTRIBUTES.XorPeerAddress), peer)).toBe(true);
  expect(formatAddress(peer)).toContain(ip);
  expect(view.lengthAt(view.find(ATTRIBUTES.Data))).toBe(101);
  expect(view.offsetAt(view.find(ATTRIBUTES.Data))).toBe(4 + envelope.header);
});
