/**
 * Sallyport as a library: a STUN and TURN edge inside your process.
 *
 * ```ts
 * import { createEdge } from 'sallyport';
 * const edge = await createEdge({ external: { address: '192.0.2.10', tcp: 3478 }, credentials: { secrets: ['env:TURN_SECRET'] } });
 * const iceServers = edge.iceServers(edge.mint('alice'));
 * await edge.close();
 * ```
 */
export { type ConfigInput, OperatorError, type OperatorErrorCode } from './control/index.ts';
export type { IceServer, MintedCredential } from './credentials/index.ts';
export {
  type CreateEdgeOptions,
  createEdge,
  type Edge,
  type Ports,
  type Readiness,
  type Summary,
} from './server/index.ts';
