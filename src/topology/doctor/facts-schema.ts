import { z } from 'zod';
import type { Facts } from './facts.ts';

/*
 * A probe's facts as the doctor takes them: whoever has a token can send any, so each is measured. What a probe expects of the edge is not
 * among them: the doctor knows that better.
 */

const text = z.string().max(300);
const few = <T extends z.ZodType>(of: T, most = 64) => z.array(of).max(most);
const port = z.number().int().min(0).max(65535);
const number = z.number();
const outcome = z.enum(['answered', 'silent', 'refused', 'unreachable', 'garbled']);
const transport = z.enum(['udp', 'tcp', 'tls']);
const acceptance = z.strictObject({ said: z.enum(['accepted', 'silent', 'refused']), code: number.optional() });
const arrival = z.strictObject({ from: text.optional() });

const reach = z.strictObject({
  transport,
  port,
  outcome,
  millis: number.optional(),
  local: text.optional(),
  mapped: text.optional(),
  tls: z
    .strictObject({
      name: text.optional(),
      chainError: text.optional(),
      names: few(text),
      matches: z.boolean(),
      notBefore: number,
      notAfter: number,
    })
    .optional(),
  realm: text.optional(),
  standard: acceptance.optional(),
  microsoft: acceptance.optional(),
});

const relayed = z.strictObject({
  relayed: text,
  peer: z.strictObject({ local: text, mapped: text.optional() }),
  outFirst: few(arrival),
  inward: arrival,
  inwardAtDialled: arrival.optional(),
  outReply: arrival,
  idle: z
    .strictObject({
      seconds: number,
      out: arrival,
      inward: arrival,
      mapped: z.tuple([text.nullable(), text.nullable()]),
    })
    .transform(({ mapped: [before, after], ...idle }) => ({
      ...idle,
      mapped: [before ?? undefined, after ?? undefined] as const,
    }))
    .optional(),
  sizes: few(z.strictObject({ bytes: number, out: z.boolean(), inward: z.boolean() })),
});

const target = z.strictObject({
  address: text,
  family: z.union([z.literal(4), z.literal(6)]),
  reaches: few(reach, 200),
  allocation: z.union([z.strictObject({ via: transport, relayed: text }), z.strictObject({ code: number })]).optional(),
  relayed: relayed.optional(),
  ports: z.strictObject({ reached: few(port, 65_536), lost: few(port, 65_536), untried: number }).optional(),
  relayToRelay: z.boolean().optional(),
  partner: few(
    z.strictObject({
      direction: z.enum(['in', 'out']),
      protocol: z.enum(['udp', 'tcp']),
      port,
      outcome: z.enum(['arrived', 'lost', 'untried']),
      from: text.optional(),
      why: text.optional(),
    }),
  ).optional(),
  elsewhere: few(
    z.strictObject({
      what: z.enum(['own', 'mate', 'stun']),
      server: text,
      via: z.enum(['relay', 'direct']),
      outcome,
      local: text,
      mapped: text.optional(),
    }),
  ),
  peerPolicy: few(
    z.strictObject({
      peer: text,
      answered: z.enum(['allowed', 'denied', 'silent']),
      expected: z.enum(['allowed', 'denied']),
      because: text.optional(),
    }),
  ),
  otherMapped: z
    .strictObject({ other: text, mapped: text, otherwise: text.optional() })
    .transform(({ other, mapped, otherwise }) => ({ other, mapped, otherwise }))
    .optional(),
});

const schema = z.object({
  by: z.literal('probe'),
  at: number,
  targets: few(target, 16),
  clocks: few(
    z
      .strictObject({
        whose: z.enum(['edge', 'observer']),
        against: text,
        aheadMillis: number.optional(),
        toleranceMillis: number,
      })
      .transform(({ aheadMillis, ...clock }) => ({ ...clock, aheadMillis })),
  ),
});

/** A probe's facts from what it sent; undefined when they are none. */
export function factsFromText(json: string): Omit<Facts, 'expected'> | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(json));
    return parsed.success ? (parsed.data as Omit<Facts, 'expected'>) : undefined;
  } catch {
    return undefined;
  }
}
