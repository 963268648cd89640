import { z } from 'zod';
import type { KeyPath } from './problem.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that the config's schema uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [more: string]: unknown;
}

/** JSON Schema of the config file, for editors. */
export function configJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return { $schema, title: 'Sallyport configuration', ...rest };
}

/** The keys known at a path of the config. */
export function keysOfSchema(path: KeyPath): readonly string[] {
  let at: JsonSchema | undefined = configJsonSchema();
  for (const part of path) at = at?.properties?.[part];
  return Object.keys(at?.properties ?? {});
}
