import { z } from 'zod';
import { addressOfRecord, isSipHost, isSipUri, readUri } from '../../wire/index.ts';

/** Of a digest: two hashes each, of the short name and of name@domain, since clients sign with either. */
const hex = (digits: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hexadecimal digits`);
const pair = (digits: number) => z.tuple([hex(digits), hex(digits)], 'must be two hashes: of NAME and of NAME@DOMAIN');

export const userName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?$/, 'must be lower-case letters, digits and . _ + - between them');

export function isUserName(text: string): boolean {
  return userName.safeParse(text).success;
}

const alias = z.string().transform((text, context) => {
  const uri = readUri(text);
  if (uri !== undefined && isSipUri(uri) && uri.user !== undefined) return addressOfRecord(uri);
  context.addIssue('must be an address such as sip:al@example.test');
  return z.NEVER;
});

const user = z.strictObject({
  side: z.enum(['any', 'external', 'internal']).prefault('any'),
  aliases: z.array(alias).prefault([]),
  algorithm: z.enum(['MD5', 'SHA-256']).prefault('MD5'),
  hashes: z.strictObject({ MD5: pair(32), 'SHA-256': pair(64) }),
});

/** A file of SIP users. */
export const usersSchema = z.strictObject({
  domain: z.string().refine(text => isSipHost(text) && text === text.toLowerCase(), 'must be a domain in lower case'),
  users: z.record(userName, user).prefault({}),
});

export type UsersFile = z.output<typeof usersSchema>;
export type UserEntry = z.output<typeof user>;
export type UserSide = UserEntry['side'];
export type UserAlgorithm = UserEntry['algorithm'];
