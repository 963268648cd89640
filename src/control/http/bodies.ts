import { z } from 'zod';
import { LIFETIME_LIMIT_SECONDS } from '../../credentials/index.ts';

/** Leaves room in a USERNAME (RFC 8489 §14.3) for the expiry in front. */
const USER_BYTES = 256;

const side = z
  .enum(['external', 'internal'])
  .default('external')
  .describe('On which side of the edge it is to be used.');

const user = z
  .string()
  .min(1)
  .max(USER_BYTES)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters')
  .refine(text => text.isWellFormed(), 'must be Unicode')
  .refine(text => new TextEncoder().encode(text).length <= USER_BYTES, `must have at most ${USER_BYTES} bytes`)
  .describe('Who the credential is for: stands in the log and counts for quotas.');

export const mintRequest = z
  .strictObject({
    user,
    lifetimeSeconds: z
      .int()
      .min(1)
      .max(LIFETIME_LIMIT_SECONDS)
      .optional()
      .describe('How long it is to be valid; at most, and by default, what the configuration says.'),
    dialect: z
      .enum(['standard', 'ms'])
      .default('standard')
      .describe('`ms`: a relay token for clients of the Microsoft dialect, as base64.'),
    side,
  })
  .describe('Whom to mint a credential for.');

export const turnRestQuery = z.object({
  service: z.literal('turn').describe('Always `turn`.'),
  username: user.optional().describe('Who the credential is for; nobody in particular by default.'),
  side,
  key: z.string().optional().describe('The admin token, for clients that can send no Authorization header.'),
});

export const mintResponse = z.object({
  iceServers: z.array(z.record(z.string(), z.unknown())).optional().describe('Ready for RTCPeerConnection.'),
  mediaRelays: z
    .array(z.object({ host: z.string(), udpPort: z.int(), tcpPort: z.int().exactOptional() }))
    .optional()
    .describe('With dialect `ms`, instead of iceServers: where its clients reach the edge.'),
  username: z.string(),
  password: z.string(),
  expiresAt: z.int().describe('Milliseconds since 1970.'),
  lifetimeSeconds: z.int(),
});

export const turnRestResponse = z.object({
  username: z.string(),
  password: z.string(),
  ttl: z.int().describe('Seconds.'),
  uris: z.array(z.string()),
});

export const readiness = z.object({
  ready: z.boolean(),
  checks: z.record(z.string(), z.string()).describe('Each check and how it went.'),
});

export const problemBody = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
});

/** What is wrong with a request, in one line that quotes none of it. */
export function complaint(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'not understood';
  if (issue.code === 'unrecognized_keys') return 'unknown key';
  const key = issue.path.join('.');
  return key === '' ? 'must be a JSON object' : `${key}: ${issue.message}`;
}

export const accessBody = z.object({
  domain: z.string().describe('The SIP domain of the users.'),
  webSocket: z.string().describe('Where browsers speak SIP (RFC 7118), and its HTTPS gives credentials.'),
});
