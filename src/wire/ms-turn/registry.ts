/*
 * The numbers of the Microsoft dialect (MS-TURN §2.2.2): a profile of drafts older than RFC 5389. Several mean something else in RFC 8656.
 */

/** Message types, of which this dialect has no methods and classes. */
export const MS_TYPES = {
  AllocateRequest: 0x0003,
  SendRequest: 0x0004,
  SetActiveDestinationRequest: 0x0006,
  AllocateResponse: 0x0103,
  SetActiveDestinationResponse: 0x0106,
  AllocateError: 0x0113,
  DataIndication: 0x0115,
  SetActiveDestinationError: 0x0116,
} as const;
export type MsType = keyof typeof MS_TYPES;

/** Attribute types. Below 0x8000 a receiver must understand them (MS-TURN §2.2.2). */
export const MS_ATTRIBUTES = {
  MappedAddress: 0x0001, // the relayed address
  Username: 0x0006,
  MessageIntegrity: 0x0008,
  ErrorCode: 0x0009,
  UnknownAttributes: 0x000a,
  Lifetime: 0x000d,
  AlternateServer: 0x000e,
  MagicCookie: 0x000f,
  Bandwidth: 0x0010,
  DestinationAddress: 0x0011,
  RemoteAddress: 0x0012,
  Data: 0x0013,
  Nonce: 0x0014, // REALM in RFC 8489
  Realm: 0x0015, // NONCE in RFC 8489
  RequestedAddressFamily: 0x0017,
  MsVersion: 0x8008,
  XorMappedAddress: 0x8020, // the reflexive address
  MsAlternateHostName: 0x8032,
  AppId: 0x8037,
  SecureTag: 0x8039,
  MsSequenceNumber: 0x8050,
  MsServiceQuality: 0x8055,
  MsAlternateMappedAddress: 0x8090,
  MultiplexedTurnSessionId: 0x8095,
} as const;
export type MsAttribute = keyof typeof MS_ATTRIBUTES;

export const MS_COOKIE = 0x72c64bc6;
/** Type, length and the transaction id of 128 bits. */
export const MS_HEADER_LENGTH = 20;
export const MS_TRANSACTION_ID_LENGTH = 16;
/** The header and the cookie attribute: no message is shorter. */
export const MS_SHORTEST = MS_HEADER_LENGTH + 8;
