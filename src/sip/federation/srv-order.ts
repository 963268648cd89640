/** A DNS SRV record (RFC 2782). */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/**
 * The order in which targets are tried: by priority, and among those of one priority at random by weight (RFC 2782, RFC 3263 §4.3).
 * `below(n)` is a random whole number from 0 to n - 1. A target `.` says that there is no service.
 */
export function srvOrder(records: readonly SrvRecord[], below: (limit: number) => number): SrvRecord[] {
  const served = records.filter(({ name }) => name !== '' && name !== '.');
  const priorities = [...new Set(served.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  return priorities.flatMap(level =>
    drawn(
      served.filter(({ priority }) => priority === level),
      below,
    ),
  );
}

function drawn(records: readonly SrvRecord[], below: (limit: number) => number): SrvRecord[] {
  // those of weight 0 first, so that they have a small chance (RFC 2782)
  const left = records.toSorted((a, b) => Math.sign(a.weight) - Math.sign(b.weight));
  const order: SrvRecord[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    const draw = below(total + 1);
    let sum = 0;
    const at = left.findIndex(({ weight }) => {
      sum += weight;
      return sum >= draw;
    });
    order.push(...left.splice(at, 1));
  }
  return order;
}
