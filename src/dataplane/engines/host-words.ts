import { type AddressBuffer, type IpAddress, parseIp } from '../../wire/index.ts';

const COLON = 58;
const DOT = 46;
const PERCENT = 37;
const MAPPED = 0xffff;
const NO_GAP = -1;

const groups = new Int32Array(8);

/**
 * Reads an address as the kernel's texts spell it into words; false when it can't be read. A zone (`%eth0`) is left out.
 * Called once per datagram, so it makes nothing for the usual spellings.
 */
export function readHost(text: string, into: AddressBuffer): boolean {
  return text.includes(':') ? readV6(text, into) : readV4(text, into);
}

function readV4(text: string, into: AddressBuffer): boolean {
  let word = 0;
  let byte = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      word = (word << 8) | byte;
      byte = 0;
      dots++;
    } else {
      byte = byte * 10 + (code - 48);
    }
  }
  into.w0 = 0;
  into.w1 = 0;
  into.w2 = MAPPED;
  into.w3 = (word << 8) | byte;
  return dots === 3;
}

function readV6(text: string, into: AddressBuffer): boolean {
  let count = 0;
  let gap = NO_GAP;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : PERCENT;
    if (code === DOT) return copyWords(parseIp(text), into); // ::192.0.2.1
    if (code !== COLON && code !== PERCENT) {
      value = (value << 4) | hexDigit(code);
      digits++;
      continue;
    }
    if (digits > 0) {
      if (count === 8) return false;
      groups[count++] = value;
    } else if (code === COLON && i > 0) {
      gap = count;
    }
    value = 0;
    digits = 0;
    if (code === PERCENT) break;
  }
  return spread(count, gap, into);
}

/** Puts the zeros of `::` where they belong. */
function spread(count: number, gap: number, into: AddressBuffer): boolean {
  if (gap === NO_GAP && count !== 8) return false;
  if (gap !== NO_GAP && count < 8) {
    groups.copyWithin(8 - (count - gap), gap, count);
    groups.fill(0, gap, 8 - (count - gap));
  }
  into.w0 = (groups[0]! << 16) | groups[1]!;
  into.w1 = (groups[2]! << 16) | groups[3]!;
  into.w2 = (groups[4]! << 16) | groups[5]!;
  into.w3 = (groups[6]! << 16) | groups[7]!;
  return true;
}

function hexDigit(code: number): number {
  return code <= 57 ? code - 48 : (code | 0x20) - 87;
}

function copyWords(ip: IpAddress | undefined, into: AddressBuffer): boolean {
  if (ip === undefined) return false;
  into.set(ip.w0, ip.w1, ip.w2, ip.w3, into.port);
  return true;
}
