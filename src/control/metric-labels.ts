import type { EndReason } from '../turn/index.ts';
import type { Transport } from '../wire/index.ts';

/*
 * The values that metric labels may have besides those that other folders list. All sets are closed.
 */

/** Why an allocation ended. */
export const END_REASONS = [
  'refreshed-to-zero',
  'expired',
  'idle',
  'credential-expired',
  'client-closed',
  'stopped',
  'killed',
] as const satisfies readonly EndReason[];
/** Why a TCP or TLS connection was refused or ended. */
export const CONNECTION_ENDS = [
  'total-connections',
  'prefix-connections',
  'prefix-handshakes',
  'hello-timeout', // no first bytes in time, or a TLS handshake that did not end
  'gone-early',
  'unknown-protocol', // neither TLS nor STUN
  'tls-handshake',
  'no-first-message',
  'no-allocation', // talked, but got no allocation in time
  'bad-frame', // neither STUN nor ChannelData any more, or too long
  'client-closed',
  'socket-error',
  'edge-closed',
] as const;
export type ConnectionEnd = (typeof CONNECTION_ENDS)[number];

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const satisfies readonly Transport[];
