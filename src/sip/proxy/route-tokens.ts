import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FlowId, FlowSide, NextHop } from '../flows.ts';

/** Where a Record-Route or Path of ours leads back to. */
export type RouteTarget =
  | { readonly to: 'flow'; readonly flow: FlowId }
  | { readonly to: 'hop'; readonly hop: NextHop };

const SEAL = 12;
const LONGEST = 512;

/**
 * The user part of our Record-Route: signed, so that nobody makes us send where we have not been (RFC 5626 §5.2). Nothing is stored.
 *
 *   base64url( HMAC-SHA256 12 of 32 | "f" flow, or "h" side transport host port )
 */
export class RouteTokens {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  write(target: RouteTarget): string {
    const text = target.to === 'flow' ? `f ${target.flow}` : hopText(target.hop);
    const payload = Buffer.from(text);
    return Buffer.concat([this.#seal(payload), payload]).toString('base64url');
  }

  /** What a token of ours says; undefined for all others. */
  read(token: string): RouteTarget | undefined {
    if (token.length > LONGEST) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    const payload = bytes.subarray(SEAL);
    const isOurs = payload.length > 0 && timingSafeEqual(this.#seal(payload), bytes.subarray(0, SEAL));
    return isOurs && bytes.toString('base64url') === token ? targetOf(payload.toString()) : undefined;
  }

  #seal(payload: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update('route ').update(payload).digest().subarray(0, SEAL);
  }
}

function hopText({ side, transport, host, port }: NextHop): string {
  return `h ${side} ${transport} ${port} ${host}`;
}

function targetOf(text: string): RouteTarget {
  const [kind, side = '', transport, port, host = ''] = text.split(' ');
  if (kind === 'f') return { to: 'flow', flow: Number(side) as FlowId };
  return {
    to: 'hop',
    hop: { side: side as FlowSide, transport: transport as 'TLS' | 'TCP', host, port: Number(port) },
  };
}
