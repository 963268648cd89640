import { existsSync } from 'node:fs';
import { type Config, OperatorError } from '../control/index.ts';
import { readConfigFile } from '../server/index.ts';
import {
  FORMATS,
  type Format,
  type FormatName,
  isDomainName,
  type Policy,
  planOf,
  type Side,
  type What,
  type Where,
} from '../topology/index.ts';

const DEFAULT_FILE = 'sallyport.yaml';

interface PlanArguments {
  readonly config?: string;
  readonly side: Side | 'both';
  readonly policy: Policy;
  readonly format: FormatName;
  readonly what: What;
  readonly at: Where;
  readonly name?: string;
}

export function plan({ config, side, policy, format: formatName, what, at, name }: PlanArguments): void {
  const format: Format = FORMATS[formatName];
  if (what !== 'all' && !format.parts.includes(what)) throw noSuchPart(formatName, what);
  if (name !== undefined && !isDomainName(name)) throw noHostName(name);
  const made = planOf(configurationAt(config), { policy, side, name });
  process.stdout.write(format.render(made, { what, at }));
  if (formatName !== 'table' && formatName !== 'json') for (const note of made.notes) console.error(`note: ${note}`);
}

/** The configuration a firewall command is about. */
export function configurationAt(file: string | undefined): Config {
  if (file !== undefined || existsSync(DEFAULT_FILE)) return readConfigFile(file ?? DEFAULT_FILE);
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `there is no ${DEFAULT_FILE} here, and a plan follows from a configuration`,
    'name it with --config FILE',
  );
}

function noSuchPart(format: FormatName, what: string): OperatorError {
  const able = Object.entries<Format>(FORMATS).filter(([, { parts }]) => (parts as readonly string[]).includes(what));
  return new OperatorError(
    'SALLYPORT_FIREWALL_FORMAT',
    `--format ${format} has no words for ${what}`,
    `for ${what} use --format ${able.map(([known]) => known).join(', ')}`,
  );
}

function noHostName(name: string): OperatorError {
  return new OperatorError(
    'SALLYPORT_USAGE',
    `--name: ${JSON.stringify(name)} is no host name`,
    'write it as turn.example.org',
  );
}
