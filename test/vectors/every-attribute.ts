import {
  AddressBuffer,
  ATTRIBUTES,
  type Attribute,
  formatAddress,
  type MessageView,
  type MessageWriter,
  parseIp,
  readAccessToken,
  readAddressErrorCode,
  readBytes,
  readChangeRequest,
  readChannelNumber,
  readConnectionId,
  readErrorCode,
  readEvenPort,
  readFamily,
  readIcmp,
  readLifetime,
  readMobilityTicket,
  readPasswordAlgorithm,
  readPasswordAlgorithms,
  readPeerAddress,
  readPlainAddress,
  readRequestedTransport,
  readReservationToken,
  readResponsePort,
  readText,
  readUint32,
  readUint64,
  readUnknownAttributes,
  readXorAddressAt,
  withPort,
} from '../../src/wire/index.ts';

export interface Sample {
  readonly write: (writer: MessageWriter) => MessageWriter;
  readonly read: (view: MessageView, index: number) => unknown;
  readonly value: unknown;
  /** `fixed`: a shorter value is refused. `open`: some shorter values are values too. */
  readonly shape: 'fixed' | 'open';
  /** Another length that means the same. */
  readonly alsoLength?: number;
}

/** The key the integrity samples are made with. */
export const SAMPLE_KEY = new Uint8Array(16).fill(0x6b);

const A = ATTRIBUTES;
const V4 = withPort(parseIp('198.51.100.7')!, 54321);
const V6 = withPort(parseIp('2001:db8::ff00:42:8329')!, 3478);
const TOKEN = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const NO_PARAMETERS = new Uint8Array(0);
const TWO_ALGORITHMS = [
  { algorithm: 2, parameters: NO_PARAMETERS },
  { algorithm: 0x7777, parameters: Uint8Array.of(9, 8, 7, 6, 5) },
  { algorithm: 1, parameters: NO_PARAMETERS },
];

/** One sample of every attribute we know: how it is written, read, and what is read. A new attribute does not compile without one. */
export const SAMPLES: Record<Attribute, Sample> = {
  MappedAddress: address(w => w.plainAddress(A.MappedAddress, V4), readPlainAddress, V4),
  ChangeRequest: {
    write: w => w.changeRequest({ changeIp: true, changePort: false }),
    read: readChangeRequest,
    value: { changeIp: true, changePort: false },
    shape: 'fixed',
  },
  Username: text('Username', '1700000000:ärger'),
  MessageIntegrity: bytes(w => w.integrity(SAMPLE_KEY), 20),
  ErrorCode: {
    write: w => w.errorCode(438, 'Stale Nonce'),
    read: readErrorCode,
    value: { code: 438, reason: 'Stale Nonce' },
    shape: 'open',
  },
  UnknownAttributes: {
    write: w => w.unknownAttributes([0x7f01, 0x0003, 0x7fff]),
    read: readUnknownAttributes,
    value: [0x7f01, 0x0003, 0x7fff],
    shape: 'open',
  },
  ChannelNumber: fixed(w => w.uint16(A.ChannelNumber, 0x4abc), readChannelNumber, 0x4abc),
  Lifetime: fixed(w => w.uint32(A.Lifetime, 0xfffffffe), readLifetime, 0xfffffffe),
  XorPeerAddress: address(w => w.xorAddress(A.XorPeerAddress, V6), readPeerAddress, V6),
  Data: bytes(w => w.raw(A.Data, TOKEN.subarray(0, 5)), 5),
  Realm: text('Realm', 'example.org'),
  Nonce: text('Nonce', 'obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA'),
  XorRelayedAddress: address(w => w.xorAddress(A.XorRelayedAddress, V4), readXorAddressAt, V4),
  RequestedAddressFamily: fixed(w => w.family(A.RequestedAddressFamily, 6), readFamily, 6),
  EvenPort: fixed(w => w.evenPort(true), readEvenPort, { reserveNext: true }),
  RequestedTransport: fixed(w => w.uint8(A.RequestedTransport, 17), readRequestedTransport, 17),
  DontFragment: bytes(w => w.flag(A.DontFragment), 0),
  AccessToken: {
    write: w => w.accessToken({ nonce: TOKEN.subarray(0, 3), encryptedBlock: TOKEN }),
    read: readAccessToken,
    value: { nonce: TOKEN.subarray(0, 3), encryptedBlock: TOKEN },
    shape: 'open',
  },
  MessageIntegritySha256: bytes(w => w.integritySha256(SAMPLE_KEY), 32),
  PasswordAlgorithm: {
    write: w => w.passwordAlgorithms(A.PasswordAlgorithm, TWO_ALGORITHMS.slice(0, 1)),
    read: readPasswordAlgorithm,
    value: TWO_ALGORITHMS[0],
    shape: 'fixed',
  },
  Userhash: bytes(w => w.raw(A.Userhash, new Uint8Array(32).fill(0xee)), 32),
  XorMappedAddress: address(w => w.xorAddress(A.XorMappedAddress, V4), readXorAddressAt, V4),
  ReservationToken: fixed(w => w.raw(A.ReservationToken, TOKEN), readReservationToken, TOKEN),
  Priority: fixed(w => w.uint32(A.Priority, 0x6e0001ff), readUint32, 0x6e0001ff),
  UseCandidate: bytes(w => w.flag(A.UseCandidate), 0),
  Padding: bytes(w => w.raw(A.Padding, new Uint8Array(7)), 7),
  ResponsePort: {
    write: w => w.uint16(A.ResponsePort, 0xbeef),
    read: readResponsePort,
    value: 0xbeef,
    shape: 'open',
    alsoLength: 2,
  },
  ConnectionId: fixed(w => w.uint32(A.ConnectionId, 0xdeadbeef), readConnectionId, 0xdeadbeef),
  AdditionalAddressFamily: fixed(w => w.family(A.AdditionalAddressFamily, 4), readFamily, 4),
  AddressErrorCode: {
    write: w => w.addressErrorCode(6, 440, 'no IPv6'),
    read: readAddressErrorCode,
    value: { family: 6, code: 440, reason: 'no IPv6' },
    shape: 'open',
  },
  PasswordAlgorithms: {
    write: w => w.passwordAlgorithms(A.PasswordAlgorithms, TWO_ALGORITHMS),
    read: readPasswordAlgorithms,
    value: TWO_ALGORITHMS,
    shape: 'open',
  },
  AlternateDomain: text('AlternateDomain', 'turn.example.org'),
  Icmp: fixed(w => w.icmp({ type: 127, code: 300, data: 1280 }), readIcmp, { type: 127, code: 300, data: 1280 }),
  Software: text('Software', 'a test'),
  AlternateServer: address(w => w.plainAddress(A.AlternateServer, V6), readPlainAddress, V6),
  TransactionTransmitCounter: bytes(w => w.raw(A.TransactionTransmitCounter, [0, 0, 1, 2]), 4),
  CacheTimeout: fixed(w => w.uint32(A.CacheTimeout, 7), readUint32, 7),
  Fingerprint: bytes(w => w.fingerprint(), 4),
  IceControlled: fixed(w => w.uint64(A.IceControlled, 0xfedcba9876543210n), readUint64, 0xfedcba9876543210n),
  IceControlling: fixed(w => w.uint64(A.IceControlling, 1n), readUint64, 1n),
  ResponseOrigin: address(w => w.plainAddress(A.ResponseOrigin, V4), readPlainAddress, V4),
  OtherAddress: address(w => w.plainAddress(A.OtherAddress, V6), readPlainAddress, V6),
  ThirdPartyAuthorization: text('ThirdPartyAuthorization', 'auth.example.org'),
  MobilityTicket: {
    write: w => w.raw(A.MobilityTicket, TOKEN),
    read: readMobilityTicket,
    value: TOKEN,
    shape: 'open',
  },
};

/** The order in which all of them fit into one message: what seals it comes last (RFC 8489 §14.5-14.7). */
export const SEALS: readonly Attribute[] = ['MessageIntegrity', 'MessageIntegritySha256', 'Fingerprint'];
export const IN_ORDER: readonly Attribute[] = [
  ...(Object.keys(SAMPLES) as Attribute[]).filter(name => !SEALS.includes(name)),
  ...SEALS,
];

function fixed(write: Sample['write'], read: Sample['read'], value: unknown): Sample {
  return { write, read, value, shape: 'fixed' };
}

function text(name: Attribute, value: string): Sample {
  return { write: w => w.text(A[name], value), read: (view, index) => readText(view, index), value, shape: 'open' };
}

/** A value without inner structure: what is compared is its length, and for flags that it is empty. */
function bytes(write: Sample['write'], length: number): Sample {
  return fixed(write, (view, index) => readBytes(view, index, length)?.length, length);
}

function address(
  write: Sample['write'],
  readInto: (view: MessageView, index: number, into: AddressBuffer) => boolean,
  value: typeof V4,
): Sample {
  const into = new AddressBuffer();
  const read = (view: MessageView, index: number) => (readInto(view, index, into) ? formatAddress(into) : undefined);
  return fixed(write, read, formatAddress(value));
}
