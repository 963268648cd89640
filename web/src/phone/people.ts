/** How the last call with someone went. */
export type CallKind = 'made' | 'taken' | 'missed';

export interface Person {
  readonly address: string;
  readonly lastMs: number;
  readonly lastKind: CallKind;
  /** Kept on top, and when others are forgotten. */
  readonly isPinned: boolean;
}

export type People = readonly Person[];

/** As many as are remembered without being pinned. */
export const REMEMBERED = 40;

/** The list after a call: who was called last comes first, behind those who are pinned. */
export function withCall(people: People, address: string, kind: CallKind, nowMs: number): People {
  const isPinned = people.some(one => one.address === address && one.isPinned);
  const others = people.filter(one => one.address !== address);
  return sorted([{ address, lastMs: nowMs, lastKind: kind, isPinned }, ...others]);
}

export function withPin(people: People, address: string, isPinned: boolean): People {
  return sorted(people.map(one => (one.address === address ? { ...one, isPinned } : one)));
}

export function without(people: People, address: string): People {
  return people.filter(one => one.address !== address);
}

/** Those whose address begins with what was typed come before those that only contain it. */
export function matching(people: People, typed: string): People {
  const text = typed.trim().toLowerCase();
  const found = people.filter(({ address }) => address.toLowerCase().includes(text));
  const begins = (person: Person) => person.address.toLowerCase().startsWith(text);
  return text === '' ? people : [...found.filter(begins), ...found.filter(person => !begins(person))];
}

/** What storage holds was written by anyone: what is not a person is left out. */
export function readPeople(text: string | null): People {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? sorted(list.filter(isPerson)) : [];
  } catch {
    return [];
  }
}

export function peopleText(people: People): string {
  return JSON.stringify(people);
}

function sorted(people: People): People {
  const byTime = people.toSorted((a, b) => b.lastMs - a.lastMs);
  return [...byTime.filter(one => one.isPinned), ...byTime.filter(one => !one.isPinned).slice(0, REMEMBERED)];
}

function isPerson(value: unknown): value is Person {
  const { address, lastMs, lastKind, isPinned } = (value ?? {}) as Record<string, unknown>;
  const isKind = lastKind === 'made' || lastKind === 'taken' || lastKind === 'missed';
  return (
    typeof address === 'string' &&
    address.includes('@') &&
    Number.isFinite(lastMs) &&
    isKind &&
    typeof isPinned === 'boolean'
  );
}
