import { configJsonSchema, type JsonSchema } from './json-schema.ts';

/** One option of the config file: a key that holds no further keys of ours. */
export interface Option {
  /** Such as `external.peers.allow`. */
  readonly path: string;
  /** As it would be written; undefined when there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly meaning: string;
}

/** The test that fails when an option is ignored. */
export interface OptionTest {
  /** From the repository's root. */
  readonly file: string;
  /** Its exact name. */
  readonly test: string;
}

/** Every option, in the schema's order. */
export function options(schema: JsonSchema = configJsonSchema(), path = '', required = true): Option[] {
  if (schema.properties === undefined) {
    return [{ path, default: written(schema.default), required, meaning: schema.description ?? '' }];
  }
  return Object.entries(schema.properties).flatMap(([key, below]) =>
    options(below, path === '' ? key : `${path}.${key}`, schema.required?.includes(key) ?? false),
  );
}

/** docs/options.md. An option without a test says so, and the test of this page fails. */
export function optionsPage(tests: Readonly<Record<string, OptionTest>>): string {
  const rows = options().map(option => {
    const proof = tests[option.path];
    const cells = [
      `\`${option.path}\``,
      option.default === undefined ? (option.required ? 'required' : 'none') : `\`${option.default}\``,
      option.meaning,
      proof === undefined ? '**none yet**' : `${proof.file}: ${proof.test}`,
    ];
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [...PREAMBLE, ...rows, ''].join('\n');
}

const PREAMBLE = [
  '# Options',
  '',
  'Made from the schema and from `test/options.ts`; do not edit. `npx vitest run test/options.test.ts -u` writes it anew.',
  '',
  '| option | default | meaning | the test that fails when it is ignored |',
  '|---|---|---|---|',
];

function written(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}
