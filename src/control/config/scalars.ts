import { z } from 'zod';
import { type Prefix, parsePrefix } from '../../policy/index.ts';
import { familyOf, type IpAddress, parseIp } from '../../wire/index.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { parseSecretSource, type SecretSource } from './secret.ts';

type Context = z.core.$RefinementCtx;

/** Adds a problem with what to do about it; `load` shows both. */
export function problem(ctx: Context, message: string, suggestion?: string): never {
  ctx.addIssue({ code: 'custom', message, params: { suggestion } });
  return z.NEVER;
}

/** One thing or a list of them; always a list once read. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item)]).transform(value => (Array.isArray(value) ? value : [value]) as z.output<T>[]);
}

export const port = z.int().min(0).max(65535);

export const ip = z.string().transform((text, ctx): IpAddress => {
  return (
    parseIp(text) ??
    problem(ctx, `"${text}" is not an IP address`, 'write it as 192.0.2.1 or 2001:db8::1; names are not resolved')
  );
});

/** An address that peers can be told: a wildcard names none. */
export const ownIp = ip.superRefine((address, ctx) => {
  const anyIpv4 = address.w0 === 0 && address.w1 === 0 && address.w2 === 0xffff && address.w3 === 0;
  const anyIpv6 = address.w0 === 0 && address.w1 === 0 && address.w2 === 0 && address.w3 === 0;
  const isGroup = familyOf(address) === 4 ? address.w3 >>> 28 >= 14 : address.w0 >>> 24 === 0xff;
  if (isGroup)
    problem(ctx, 'a multicast or reserved address belongs to no machine', 'name an address that `ip address` lists');
  if (anyIpv4 || anyIpv6) problem(ctx, WILDCARD, 'name each address; `ip address` lists those of this machine');
});

const WILDCARD = "a wildcard address can't be used: clients are told the relayed address, so it must be known";

export const prefix = z.string().transform((text, ctx): Prefix => {
  const parsed = parsePrefix(text);
  return 'problem' in parsed ? problem(ctx, parsed.problem) : parsed;
});

const NO_DURATION = 'must be a duration such as 8h, 10m or 90s, or a number of seconds';

/** A duration between two bounds, as `10m` or in seconds; `why` says what stands behind the upper bound. */
export function duration(least: number, most: number, why = '') {
  return z.union([z.int().min(0), z.string().regex(DURATION_PATTERN, NO_DURATION)]).transform((value, ctx) => {
    const seconds = typeof value === 'number' ? value : parseDuration(value)!;
    if (seconds > most)
      problem(
        ctx,
        `${formatDuration(seconds)} is above the limit of ${formatDuration(most)}${why}`,
        `at most ${formatDuration(most)}`,
      );
    if (seconds < least) problem(ctx, `${formatDuration(seconds)} is too short`, `at least ${formatDuration(least)}`);
    return seconds;
  });
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const NO_RANGE = 'must be a range of ports, first-last, such as 50000-59999';

export const portRange = z
  .string(NO_RANGE)
  .regex(/^\d{1,5}-\d{1,5}$/, NO_RANGE)
  .transform((text, ctx): PortRange => {
    const [first, last] = text.split('-').map(Number) as [number, number];
    if (first > last) problem(ctx, `the range ${text} ends before it begins`, `did you mean ${last}-${first}?`);
    if (first < 1024 || last > 65535)
      problem(ctx, `${text} leaves the ports 1024 to 65535`, 'the default is 50000-59999');
    return { first, last };
  });

export const secret = z
  .string()
  .min(1)
  .transform((text, ctx): SecretSource => {
    return (
      parseSecretSource(text) ??
      problem(ctx, 'the source of this secret has no name', 'write env:NAME or file:PATH, or the value itself')
    );
  });

export function count(least: number, most: number) {
  return z.int().min(least).max(most);
}
