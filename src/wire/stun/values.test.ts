import { describe, expect, test } from 'vitest';
import * as read from '../index.ts';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  formatIp,
  isChannel,
  METHODS,
  MessageView,
  MessageWriter,
} from '../index.ts';

const A = ATTRIBUTES;

test('text that is not UTF-8 is no text, so two spellings never become one name', () => {
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xfe]]) {
    expect(
      read.readText(
        viewOf(w => w.raw(A.Username, bytes)),
        0,
      ),
    ).toBeUndefined();
  }
  expect(
    read.readText(
      viewOf(w => w.raw(A.Username, [0xef, 0xbb, 0xbf, 0x61])),
      0,
    ),
  ).toBe('\ufeffa');
  expect(
    read.readText(
      viewOf(w => w.text(A.Username, 'a\0%s\n"')),
      0,
    ),
  ).toBe('a\0%s\n"');
});

test('text may be as long as its attribute allows', () => {
  const view = viewOf(w =>
    w.text(A.Username, 'u'.repeat(509)).text(A.Realm, 'r'.repeat(763)).text(A.Nonce, 'n'.repeat(764)),
  );
  expect(read.readText(view, 0, read.LONGEST_USERNAME)).toBeUndefined();
  expect(read.readText(view, 0, 509)).toHaveLength(509);
  expect(read.readText(view, 1)).toHaveLength(763);
  expect(read.readText(view, 2)).toBeUndefined();
});

test('reserved bits are ignored', () => {
  expect(
    read.readFamily(
      viewOf(w => w.raw(A.RequestedAddressFamily, [2, 0xff, 0xff, 0xff])),
      0,
    ),
  ).toBe(6);
  expect(
    read.readRequestedTransport(
      viewOf(w => w.raw(A.RequestedTransport, [6, 1, 2, 3])),
      0,
    ),
  ).toBe(6);
  expect(
    read.readChannelNumber(
      viewOf(w => w.raw(A.ChannelNumber, [0x40, 0, 9, 9])),
      0,
    ),
  ).toBe(0x4000);
  expect(
    read.readEvenPort(
      viewOf(w => w.raw(A.EvenPort, [0x7f])),
      0,
    ),
  ).toEqual({ reserveNext: false });
  expect(
    read.readErrorCode(
      viewOf(w => w.raw(A.ErrorCode, [0xff, 0xff, 0xfc, 1])),
      0,
    ),
  ).toEqual({ code: 401, reason: '' });
  expect(
    read.readIcmp(
      viewOf(w => w.raw(A.Icmp, [9, 9, 6, 4, 0, 0, 0, 0])),
      0,
    ),
  ).toEqual({ type: 3, code: 4, data: 0 });
});

test.each([[[0, 0, 2, 99]], [[0, 0, 7, 0]], [[0, 0, 4, 100]], [[0, 0, 4]]])(
  'an error code of bytes %j is none',
  bytes => {
    expect(
      read.readErrorCode(
        viewOf(w => w.raw(A.ErrorCode, bytes)),
        0,
      ),
    ).toBeUndefined();
    expect(
      read.readAddressErrorCode(
        viewOf(w => w.raw(A.AddressErrorCode, [1, ...bytes.slice(1)])),
        0,
      ),
    ).toBeUndefined();
  },
);

test('an error reason that is not UTF-8 reads as empty, and the code stands', () => {
  expect(
    read.readErrorCode(
      viewOf(w => w.raw(A.ErrorCode, [0, 0, 4, 38, 0xff])),
      0,
    ),
  ).toEqual({ code: 438, reason: '' });
});

test('an unknown family is told from a malformed one', () => {
  expect(
    read.readFamily(
      viewOf(w => w.uint8(A.RequestedAddressFamily, 3)),
      0,
    ),
  ).toBe('unsupported');
  expect(
    read.readFamily(
      viewOf(w => w.uint8(A.RequestedAddressFamily, 0)),
      0,
    ),
  ).toBe('unsupported');
  expect(
    read.readFamily(
      viewOf(w => w.raw(A.RequestedAddressFamily, [1])),
      0,
    ),
  ).toBeUndefined();
});

test('channels that may be bound are 0x4000 to 0x7fff, those of RFC 5766 included', () => {
  expect([0x3fff, 0x4000, 0x4fff, 0x5000, 0x7fff, 0x8000, 0xffff].map(isChannel)).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

describe('addresses', () => {
  const into = new AddressBuffer();

  test.each([
    ['of no family', [0, 0, 0, 80, 1, 2, 3, 4]],
    ['of an unknown family', [0, 3, 0, 80, 1, 2, 3, 4]],
    ['of IPv4 with the length of IPv6', [0, 1, 0, 80, ...new Uint8Array(16)]],
    ['of IPv6 with the length of IPv4', [0, 2, 0, 80, 1, 2, 3, 4]],
    ['cut after the port', [0, 1, 0, 80]],
  ])('%s are none', (_, bytes) => {
    expect(
      read.readPeerAddress(
        viewOf(w => w.raw(A.XorPeerAddress, bytes)),
        0,
        into,
      ),
    ).toBe(false);
    expect(
      read.readPlainAddress(
        viewOf(w => w.raw(A.MappedAddress, bytes)),
        0,
        into,
      ),
    ).toBe(false);
  });

  test('of IPv6 that map IPv4 are read as the IPv4 address', () => {
    const cookieAndId = [0x21, 0x12, 0xa4, 0x42, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
    const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
    const xored = mapped.map((byte, i) => byte ^ cookieAndId[i]!);
    expect(
      read.readPeerAddress(
        viewOf(w => w.raw(A.XorPeerAddress, [0, 2, 0, 0, ...xored])),
        0,
        into,
      ),
    ).toBe(true);
    expect([formatIp(into), read.familyOf(into)]).toEqual(['127.0.0.1', 4]);
    expect(
      read.readPlainAddress(
        viewOf(w => w.raw(A.MappedAddress, [0, 2, 0, 0, ...mapped])),
        0,
        into,
      ),
    ).toBe(true);
    expect([formatIp(into), read.familyOf(into)]).toEqual(['127.0.0.1', 4]);
  });
});

test('an access token whose nonce is longer than the token is none', () => {
  expect(
    read.readAccessToken(
      viewOf(w => w.raw(A.AccessToken, [0, 3, 1, 2])),
      0,
    ),
  ).toBeUndefined();
  expect(
    read.readAccessToken(
      viewOf(w => w.raw(A.AccessToken, [0, 2, 1, 2])),
      0,
    )?.nonce,
  ).toHaveLength(2);
});

describe('password algorithms', () => {
  test.each([
    ['cut inside a header', [0, 2, 0]],
    ['with parameters beyond the value', [0, 2, 0, 1]],
    ['with a second one cut', [0, 2, 0, 0, 0, 1, 0]],
  ])('%s are malformed', (_, bytes) => {
    expect(
      read.readPasswordAlgorithms(
        viewOf(w => w.raw(A.PasswordAlgorithms, bytes)),
        0,
      ),
    ).toBeUndefined();
  });

  test('may end with parameters that are not padded', () => {
    const view = viewOf(w => w.raw(A.PasswordAlgorithms, [0, 9, 0, 1, 5]));
    expect(read.readPasswordAlgorithms(view, 0)).toEqual([{ algorithm: 9, parameters: Uint8Array.of(5) }]);
  });

  test('chosen must be one, not several and not none', () => {
    expect(
      read.readPasswordAlgorithm(
        viewOf(w => w.raw(A.PasswordAlgorithm, [0, 2, 0, 0, 0, 1, 0, 0])),
        0,
      ),
    ).toBeUndefined();
    expect(
      read.readPasswordAlgorithm(
        viewOf(w => w.flag(A.PasswordAlgorithm)),
        0,
      ),
    ).toBeUndefined();
  });
});

function viewOf(write: (writer: MessageWriter) => MessageWriter): MessageView {
  const view = new MessageView();
  const start = new MessageWriter(
    new Uint8Array(3000).fill(0xaa),
    0,
    METHODS.Allocate,
    CLASSES.request,
    new Uint8Array(12).fill(7),
  );
  expect(view.read(start.bytes, 0, write(start).end)).toBe('ok');
  return view;
}
