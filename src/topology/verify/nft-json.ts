/** Readers for JSON of which nothing is known yet: they answer undefined where the shape is another. */
export type Json = { readonly [key: string]: unknown };

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** The one key of an object such as `{ "match": ... }`, and what is below it. */
export function tagged(value: unknown): readonly [string, unknown] | undefined {
  const object = objectOf(value);
  return object === undefined ? undefined : Object.entries(object)[0];
}
