/** A connection to a client or another server, as a number that is never given twice: what is signed into a route must not come to mean another. */
declare const brand: unique symbol;
export type FlowId = number & { readonly [brand]: 'FlowId' };

export type SipTransport = 'TLS' | 'TCP' | 'WSS' | 'WS' | 'UDP';

/** Whom a flow leads to: a client outside, a client or server inside, a federation partner that has proven its name. */
export type FlowSide = 'external' | 'internal' | 'partner';

/** One flow (RFC 5626 §3.1). Requests and responses of both directions use it. */
export interface Flow {
  readonly id: FlowId;
  readonly transport: SipTransport;
  readonly side: FlowSide;
  /** Whence it comes; an IPv6 address without brackets. `isHere`: from this machine, so that no wire carries what is said. */
  readonly remote: { readonly host: string; readonly port: number; readonly isHere?: boolean };
  /** How we are reached there: what our Via and Record-Route say. */
  readonly local: { readonly host: string; readonly port: number };
  /** Opened by us or vouched for by configuration: what comes by it needs no password. */
  readonly isTrusted: boolean;
}

export function isReliable({ transport }: Flow): boolean {
  return transport !== 'UDP';
}

export function isSecure({ transport }: Flow): boolean {
  return transport === 'TLS' || transport === 'WSS';
}

/** Where to connect to when no flow leads there yet. */
export interface NextHop {
  readonly transport: 'TLS' | 'TCP';
  readonly host: string;
  readonly port: number;
  readonly side: FlowSide;
}

export function hopKey({ transport, host, port, side }: NextHop): string {
  return `${side} ${transport} ${host}:${port}`;
}
