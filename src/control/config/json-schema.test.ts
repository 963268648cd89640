import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema, type JsonSchema } from './json-schema.ts';

test('docs/sallyport.schema.json is what `sallyport config schema` prints', () => {
  const committed = JSON.parse(readFileSync(new URL('../../../docs/sallyport.schema.json', import.meta.url), 'utf8'));
  expect(committed, 'run: sallyport config schema > docs/sallyport.schema.json').toEqual(configJsonSchema());
});

test('every key is described', () => {
  expect(undescribed(configJsonSchema(), '')).toEqual([]);
});

function undescribed(schema: JsonSchema, path: string): string[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, s]) => undescribed(s, `${path}.${key}`));
  return schema.description === undefined ? [path, ...below] : below;
}
