import type { IpAddress, Millis } from '../wire/index.ts';

/** RFC 8656 §9 */
export const PERMISSION_LIFETIME: Millis = 300_000;

/** The addresses a relay may exchange data with (RFC 8656 §9). Ports play no part. */
export class Permissions {
  readonly #byIp = new Map<string, { readonly ip: IpAddress; until: Millis }>();

  get size(): number {
    return this.#byIp.size;
  }

  has(ip: IpAddress): boolean {
    return this.#byIp.has(keyOf(ip));
  }

  /** Installs or refreshes; true when it was not there. */
  grant(ip: IpAddress, until: Millis): boolean {
    const key = keyOf(ip);
    const known = this.#byIp.get(key);
    if (known !== undefined) known.until = until;
    else this.#byIp.set(key, { ip: { w0: ip.w0, w1: ip.w1, w2: ip.w2, w3: ip.w3 }, until });
    return known === undefined;
  }

  /** Drops and returns what has lapsed. */
  expire(now: Millis): IpAddress[] {
    const lapsed: IpAddress[] = [];
    for (const [key, { ip, until }] of this.#byIp) {
      if (until > now) continue;
      this.#byIp.delete(key);
      lapsed.push(ip);
    }
    return lapsed;
  }

  earliest(): Millis {
    let at = Infinity;
    for (const { until } of this.#byIp.values()) at = Math.min(at, until);
    return at;
  }
}

export function keyOf(ip: IpAddress): string {
  return `${ip.w0}:${ip.w1}:${ip.w2}:${ip.w3}`;
}
