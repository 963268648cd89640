/** What was typed, as an address to call: `bob@example.test`; or why it is none. */
export type Dialled =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly why: 'empty' | 'not-an-address' | 'own-address' };

/** RFC 3261 §25.1: unreserved and user-unreserved, and what is escaped; RFC 3261's host without its brackets for IPv6. */
const USER = /^(?:[\w.!~*'()&=+$,;?/-]|%[\dA-Fa-f]{2})+$/;
const HOST = /^[A-Za-z\d](?:[A-Za-z\d.-]*[A-Za-z\d])?$/;

/** Reads `bob`, `bob@example.test` and `sip:bob@example.test`. Whoever leaves the domain out means his own. */
export function dialled(typed: string, own: string): Dialled {
  const text = typed.trim().replace(/^sips?:/i, '');
  if (text === '') return { ok: false, why: 'empty' };
  const at = text.lastIndexOf('@');
  const user = at === -1 ? text : text.slice(0, at);
  const domain = (at === -1 ? domainOf(own) : text.slice(at + 1)).toLowerCase();
  if (!USER.test(user) || !HOST.test(domain)) return { ok: false, why: 'not-an-address' };
  const address = `${user}@${domain}`;
  return address.toLowerCase() === own.toLowerCase() ? { ok: false, why: 'own-address' } : { ok: true, address };
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

export function userOf(address: string): string {
  return address.slice(0, address.lastIndexOf('@'));
}

/** What to call someone: the name alone where the domain is one's own. */
export function nameFor(address: string, own: string): string {
  return domainOf(address) === domainOf(own) ? userOf(address) : address;
}

/** One or two letters for a round picture: `AK` for `anna.kern`. */
export function initialsOf(address: string): string {
  const parts = userOf(address)
    .split(/[._+-]+/)
    .filter(part => part !== '');
  const letters = parts.length > 1 ? [parts[0]!, parts.at(-1)!].map(part => part[0]!) : [(parts[0] ?? '?')[0]!];
  return letters.join('').toUpperCase();
}

/** Hues far from the red and green of the buttons, and from each other. */
const HUES = [222, 192, 262, 202, 172, 284, 208, 306, 242, 296];

/** A colour of one's own, in degrees: the same for the round picture, the test picture, and on every machine. */
export function hueOf(address: string): number {
  let hash = 2166136261; // FNV-1a
  for (const byte of new TextEncoder().encode(address.toLowerCase())) hash = Math.imul(hash ^ byte, 16777619);
  return HUES[(hash >>> 0) % HUES.length]!;
}
