import { existsSync } from 'node:fs';
import { type Config, OperatorError } from '../control/index.ts';
import { readConfigFile } from '../server/index.ts';
import {
  FORMATS,
  type Format,
  type FormatName,
  isDomainName,
  type Policy,
  planOfAll,
  type Side,
  type What,
  type Where,
} from '../topology/index.ts';

const DEFAULT_FILE = 'sallyport.yaml';

interface PlanArguments {
  readonly config?: readonly string[];
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
  const made = planOfAll(configurationsAt(config, at), { policy, side, name });
  process.stdout.write(format.render(made, { what, at }));
  if (formatName !== 'table' && formatName !== 'json') for (const note of made.notes) console.error(`note: ${note}`);
}

/** The configurations a firewall command is about: an edge's own firewall knows of one edge, a router of any number. */
export function configurationsAt(files: readonly string[] | undefined, at: Where): Config[] {
  if (files === undefined && !existsSync(DEFAULT_FILE)) {
    throw new OperatorError(
      'SALLYPORT_USAGE',
      `there is no ${DEFAULT_FILE} here, and a plan follows from a configuration`,
      'name it with --config FILE',
    );
  }
  if (at === 'edge' && files !== undefined && files.length > 1) {
    throw new OperatorError(
      'SALLYPORT_USAGE',
      'several configurations are several edges, and each has a firewall of its own',
      'add --at perimeter for a router in front of them all, or name one',
    );
  }
  return (files ?? [DEFAULT_FILE]).map(readConfigFile);
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
