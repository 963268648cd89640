declare const brand: unique symbol;

/** A client's 5-tuple as a small integer: an index into tables. Valid while the data plane keeps the client. */
export type ClientId = number & { readonly [brand]: 'ClientId' };

/** One relayed transport address (one socket) as a small integer: an index into tables. */
export type RelayId = number & { readonly [brand]: 'RelayId' };

/** One TCP connection between a relay and a peer as a small integer. */
export type LinkId = number & { readonly [brand]: 'LinkId' };

/** A TURN channel number, 0x4000 to 0x7fff (RFC 8656 §12, ADR 0010). */
export type Channel = number & { readonly [brand]: 'Channel' };

/** Milliseconds on the clock that the owner of the state machine hands in. */
export type Millis = number;

/** Which way a client's bytes reach us. Only `udp` can carry a forged source address. */
export type Transport = 'udp' | 'tcp' | 'tls';

/** What a relay carries: datagrams, connections that clients bind to their own (RFC 6062), or packets of connections (MS-TURN over streams). */
export type RelayTransport = 'udp' | 'tcp' | 'tcp-packets';

export type Family = 4 | 6;
