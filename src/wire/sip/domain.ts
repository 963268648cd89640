import { domainToASCII } from 'node:url';
import { parseIp } from '../address.ts';
import { isSipHost } from './host.ts';

/**
 * A domain as it is compared: whole, without regard to case, as A-labels, never by wildcard or suffix (RFC 5922 §7.2). Undefined:
 * an address, a wildcard, or no name at all.
 */
export function sipDomain(text: string): string | undefined {
  const name = text.replace(/\.$/, '');
  const ascii = /^[ -~]*$/.test(name) ? name.toLowerCase() : domainToASCII(name);
  const isName = isSipHost(ascii) && parseIp(ascii.replace(/^\[|\]$/g, '')) === undefined;
  return isName && !ascii.endsWith('.') ? ascii : undefined;
}
