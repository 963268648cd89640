import { readFileSync } from 'node:fs';
import { formatProblem, loadConfig } from '../control/config/index.ts';
import { type Config, OperatorError } from '../control/index.ts';

/** The configuration in a file; an OperatorError lists everything that is wrong with it, each with line, column and key. */
export function readConfigFile(file: string): Config {
  return configFromText(readConfigText(file), file);
}

/** `name` stands where a file's name would in what is said about mistakes. */
export function configFromText(text: string, name: string): Config {
  const { config, problems } = loadConfig(text, name);
  if (config !== undefined) return config;
  throw new OperatorError(
    'SALLYPORT_CONFIG_INVALID',
    problems.map(formatProblem).join('\n'),
    'see docs/configuration.md',
  );
}

/** The text of a configuration file; an OperatorError with this remedy says why it can't be read. */
export function readConfigText(file: string, remedy = 'name a file that this user may read'): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OperatorError('SALLYPORT_CONFIG_UNREADABLE', `${file} can't be read (${why})`, remedy);
  }
}
