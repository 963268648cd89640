/** Method numbers (12 bits), RFC 8489 §18.2, RFC 8656 §17, RFC 6062 §6.1. */
export const METHODS = {
  Binding: 0x001,
  Allocate: 0x003,
  Refresh: 0x004,
  Send: 0x006,
  Data: 0x007,
  CreatePermission: 0x008,
  ChannelBind: 0x009,
  Connect: 0x00a,
  ConnectionBind: 0x00b,
  ConnectionAttempt: 0x00c,
} as const;
export type Method = keyof typeof METHODS;

/** Message classes as the two bits C1 C0, RFC 8489 §5. */
export const CLASSES = { request: 0, indication: 1, success: 2, error: 3 } as const;
export type Class = keyof typeof CLASSES;

/** Attribute types. Below 0x8000 a receiver must understand them (RFC 8489 §14). */
export const ATTRIBUTES = {
  MappedAddress: 0x0001, // RFC 8489 §14.1
  ChangeRequest: 0x0003, // RFC 5780 §7.2
  Username: 0x0006, // RFC 8489 §14.3
  MessageIntegrity: 0x0008, // RFC 8489 §14.5
  ErrorCode: 0x0009, // RFC 8489 §14.8
  UnknownAttributes: 0x000a, // RFC 8489 §14.13
  ChannelNumber: 0x000c, // RFC 8656 §18.1
  Lifetime: 0x000d, // RFC 8656 §18.2
  XorPeerAddress: 0x0012, // RFC 8656 §18.3
  Data: 0x0013, // RFC 8656 §18.4
  Realm: 0x0014, // RFC 8489 §14.9
  Nonce: 0x0015, // RFC 8489 §14.10
  XorRelayedAddress: 0x0016, // RFC 8656 §18.5
  RequestedAddressFamily: 0x0017, // RFC 8656 §18.6
  EvenPort: 0x0018, // RFC 8656 §18.7
  RequestedTransport: 0x0019, // RFC 8656 §18.8
  DontFragment: 0x001a, // RFC 8656 §18.9
  AccessToken: 0x001b, // RFC 7635 §6.2
  MessageIntegritySha256: 0x001c, // RFC 8489 §14.6
  PasswordAlgorithm: 0x001d, // RFC 8489 §14.12
  Userhash: 0x001e, // RFC 8489 §14.4
  XorMappedAddress: 0x0020, // RFC 8489 §14.2
  ReservationToken: 0x0022, // RFC 8656 §18.10
  Priority: 0x0024, // RFC 8445 §16.1
  UseCandidate: 0x0025, // RFC 8445 §16.1
  Padding: 0x0026, // RFC 5780 §7.6
  ResponsePort: 0x0027, // RFC 5780 §7.5
  ConnectionId: 0x002a, // RFC 6062 §6.2.1
  AdditionalAddressFamily: 0x8000, // RFC 8656 §18.11
  AddressErrorCode: 0x8001, // RFC 8656 §18.12
  PasswordAlgorithms: 0x8002, // RFC 8489 §14.11
  AlternateDomain: 0x8003, // RFC 8489 §14.16
  Icmp: 0x8004, // RFC 8656 §18.13
  Software: 0x8022, // RFC 8489 §14.14
  AlternateServer: 0x8023, // RFC 8489 §14.15
  TransactionTransmitCounter: 0x8025, // RFC 7982 §3.1
  CacheTimeout: 0x8027, // RFC 5780 §9.1, a number and no more
  Fingerprint: 0x8028, // RFC 8489 §14.7
  IceControlled: 0x8029, // RFC 8445 §16.1
  IceControlling: 0x802a, // RFC 8445 §16.1
  ResponseOrigin: 0x802b, // RFC 5780 §7.3
  OtherAddress: 0x802c, // RFC 5780 §7.4
  ThirdPartyAuthorization: 0x802e, // RFC 7635 §6.1
  MobilityTicket: 0x8030, // RFC 8016 §3.3
} as const;
export type Attribute = keyof typeof ATTRIBUTES;

/** Whether who does not know this attribute must refuse a message that has it (RFC 8489 §14). */
export function isComprehensionRequired(type: number): boolean {
  return type < 0x8000;
}

export const FAMILY_IPV4 = 0x01;
export const FAMILY_IPV6 = 0x02;

/** IANA protocol numbers in REQUESTED-TRANSPORT (RFC 8656 §18.8, RFC 6062 §4.1). */
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export const MAGIC_COOKIE = 0x2112a442;
export const HEADER_LENGTH = 20;
