import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { FEDERATION_KINDS } from '../../control/config/index.ts';
import type { Millis } from '../../wire/index.ts';

/*
 * What the doctor gives to a probe, as one word to paste: `spd1.PAYLOAD.SEAL`, both base64url. The payload is JSON. The seal is an HMAC
 * of the payload with a key made from the configuration's secret: only edges with that secret can make or check one, and it is also the
 * key that the probe and the doctor sign their messages with. The secret itself is in neither.
 */

const PREFIX = 'spd1';
const SEAL_LENGTH = 24;
const LONGEST = 8_192;
/** A probe is run now or not at all; its credentials end with the token. */
export const TOKEN_LIFETIME_LIMIT_SECONDS = 24 * 3600;

const text = z.string().max(600);
const port = z.number().int().min(1).max(65535);
const credential = z.strictObject({ username: text, password: text });

const payloadSchema = z.strictObject({
  issued: z.number(),
  expires: z.number(),
  side: z.enum(['external', 'internal']),
  told: z.array(text).min(1).max(16),
  own: z.array(text).max(16),
  udp: z.array(port).max(32),
  tcp: z.array(port).max(32),
  name: text.optional(),
  relayPorts: z.strictObject({ first: port, last: port }),
  relayIn: z.boolean(),
  relayOut: z.boolean(),
  isTwoSided: z.boolean().default(false),
  partners: z.array(z.enum(FEDERATION_KINDS)).max(FEDERATION_KINDS.length).default([]),
  standard: credential,
  microsoft: credential.optional(),
  /** Where the doctor waits for what the probe has to say: its relayed address on the edge. */
  reportTo: text.optional(),
});

export type TokenPayload = z.output<typeof payloadSchema>;

export interface ProbeToken extends TokenPayload {
  /** What messages between probe and doctor are signed with. */
  readonly key: Uint8Array;
}

/** The token for this payload. */
export function sealToken(payload: TokenPayload, secret: string): { readonly text: string; readonly key: Uint8Array } {
  const body = Buffer.from(JSON.stringify(payload)).toString('base64url');
  const key = sealOf(body, secret);
  return { text: `${PREFIX}.${body}.${Buffer.from(key).toString('base64url')}`, key };
}

/** What a token says, or what is wrong with it in a sentence. Whether it has expired the caller sees. */
export function readToken(given: string): ProbeToken | { readonly problem: string } {
  const [prefix, body, seal, ...rest] = given.trim().split('.');
  if (given.length > LONGEST || prefix !== PREFIX || body === undefined || seal === undefined || rest.length > 0) {
    return { problem: 'it is no token that `sallyport doctor` printed' };
  }
  const key = Buffer.from(seal, 'base64url');
  const payload = payloadSchema.safeParse(parsed(body));
  if (key.length !== SEAL_LENGTH || !payload.success) return { problem: 'it is damaged: copy it whole' };
  return { ...payload.data, key: Uint8Array.from(key) };
}

/** Whether an edge with this secret made the token. */
export function isSealedBy(given: string, secret: string): boolean {
  const [, body = '', seal = ''] = given.trim().split('.');
  const bytes = Buffer.from(seal, 'base64url');
  return bytes.length === SEAL_LENGTH && timingSafeEqual(bytes, sealOf(body, secret));
}

export function isExpired({ expires }: TokenPayload, now: Millis): boolean {
  return now >= expires;
}

function sealOf(body: string, secret: string): Uint8Array {
  const key = createHmac('sha256', secret).update('sallyport doctor token 1').digest();
  return Uint8Array.from(createHmac('sha256', key).update(body).digest().subarray(0, SEAL_LENGTH));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
