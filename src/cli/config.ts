import { existsSync } from 'node:fs';
import { Command } from 'commander';
import {
  configJsonSchema,
  embeddedConfig,
  formatProblem,
  formatWarning,
  loadConfig,
  printable,
  printConfig,
} from '../control/config/index.ts';
import { readConfigFile, readConfigText } from '../server/index.ts';

const DEFAULT_FILE = 'sallyport.yaml';

const EXAMPLES = `
Examples:
  sallyport config check edge.yaml         says nothing and exits with 0, or lists every problem and exits with 1; warnings are no problems
  sallyport config print edge.yaml         the whole configuration, defaults included, secrets redacted
  sallyport config print                   the same for what runs without a file
  sallyport config schema > schema.json    JSON Schema; editors use it after this first line in the file:
                                             # yaml-language-server: $schema=schema.json

The least that works:
  external: { address: 192.0.2.10 }        the address that clients reach; UDP 3478 and TCP 443 are opened on it
  credentials: { secrets: [env:TURN_SECRET] }
`;

export function configCommand(): Command {
  const command = new Command('config').description('check, print and describe configuration files');
  command
    .command('check')
    .argument('[file]', 'YAML or JSON', DEFAULT_FILE)
    .description('list everything that is wrong with a file, as file:line:column key: message')
    .option('--json', 'the problems as JSON')
    .addHelpText('after', EXAMPLES)
    .action(check);
  command
    .command('print')
    .argument('[file]', `YAML or JSON; without it ${DEFAULT_FILE} if that exists, else the built-in configuration`)
    .description('print the configuration with every default written out and secrets redacted')
    .option('--json', 'as JSON instead of YAML')
    .addHelpText('after', EXAMPLES)
    .action(print);
  command
    .command('schema')
    .description('print the JSON Schema of configuration files')
    .addHelpText('after', EXAMPLES)
    .action(() => console.log(JSON.stringify(configJsonSchema(), null, 2)));
  return command.addHelpText('after', EXAMPLES);
}

interface OutputOptions {
  readonly json?: boolean;
}

function check(file: string, { json }: OutputOptions): void {
  const loaded = loadConfig(readConfigText(file, 'name a file: sallyport config check FILE'), file);
  const problems = loaded.problems ?? [];
  const warnings = loaded.config === undefined ? [] : loaded.warnings;
  if (problems.length > 0) process.exitCode = 1;
  if (json) console.log(JSON.stringify({ file, ok: problems.length === 0, problems, warnings }, null, 2));
  else for (const line of [...problems.map(formatProblem), ...warnings.map(formatWarning)]) console.error(line);
}

function print(file: string | undefined, { json }: OutputOptions): void {
  const named = file ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const config =
    named === undefined
      ? embeddedConfig({ secret: 'made at start', token: 'made at start', users: 'made-at-start.yaml' })
      : readConfigFile(named);
  process.stdout.write(json ? `${JSON.stringify(printable(config), null, 2)}\n` : printConfig(config));
}
