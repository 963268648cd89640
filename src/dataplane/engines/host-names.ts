import { formatIp, type IpAddress } from '../../wire/index.ts';

const SLOTS = 4096;

/**
 * Addresses as the texts that node:dgram wants, made once per address while it stays in its slot. Direct-mapped, so its memory is
 * bounded and a flood of addresses costs formatting, not space.
 */
export class HostNames {
  readonly #words = new Int32Array(SLOTS * 4);
  readonly #texts: (string | undefined)[] = Array.from({ length: SLOTS });

  nameOf(ip: IpAddress): string {
    const slot = slotOf(ip);
    const at = slot * 4;
    const words = this.#words;
    const known = this.#texts[slot];
    const same = words[at] === ip.w0 && words[at + 1] === ip.w1 && words[at + 2] === ip.w2 && words[at + 3] === ip.w3;
    if (known !== undefined && same) return known;
    const text = formatIp(ip);
    words[at] = ip.w0;
    words[at + 1] = ip.w1;
    words[at + 2] = ip.w2;
    words[at + 3] = ip.w3;
    this.#texts[slot] = text;
    return text;
  }
}

function slotOf(ip: IpAddress): number {
  const mixed = Math.imul(ip.w0 ^ Math.imul(ip.w1, 0x9e3779b1) ^ Math.imul(ip.w2, 0x85ebca6b) ^ ip.w3, 0x2c1b3c6d);
  return (mixed >>> 20) & (SLOTS - 1);
}
