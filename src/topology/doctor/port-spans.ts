import type { PortSpan } from './facts.ts';

/** Neighbouring ports of the first list as spans: a span ends where a port of the second lies between. */
export function spansOf(ports: readonly number[], others: readonly number[] = []): PortSpan[] {
  const breaks = new Set(others);
  const all = [...new Set([...ports, ...others])].toSorted((a, b) => a - b);
  const spans: { first: number; last: number }[] = [];
  let isOpen = false;
  for (const port of all) {
    const isOther = breaks.has(port);
    if (!isOther && isOpen) spans.at(-1)!.last = port;
    else if (!isOther) spans.push({ first: port, last: port });
    isOpen = !isOther;
  }
  return spans;
}

const MOST = 6;

export function spansText(spans: readonly PortSpan[]): string {
  const texts = spans.slice(0, MOST).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return spans.length > MOST ? `${texts.join(', ')} and ${spans.length - MOST} more spans` : texts.join(', ');
}

/** The ports of both, when they have any in common. */
export function overlap(a: PortSpan, b: PortSpan): PortSpan | undefined {
  const [first, last] = [Math.max(a.first, b.first), Math.min(a.last, b.last)];
  return first <= last ? { first, last } : undefined;
}

/** What is left of a span without others. */
export function without(span: PortSpan, taken: readonly PortSpan[]): PortSpan[] {
  return taken.reduce<PortSpan[]>(
    (left, { first, last }) =>
      left.flatMap(part => {
        if (overlap(part, { first, last }) === undefined) return [part];
        return [
          { first: part.first, last: first - 1 },
          { first: last + 1, last: part.last },
        ].filter(each => each.first <= each.last);
      }),
    [span],
  );
}
