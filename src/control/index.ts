/** The door of `control`: configuration, operator errors, metrics and the admin API. */

export type { Config, Limits } from './config/config.ts';
export { formatDuration, parseDuration } from './config/duration.ts';
export { EMBEDDED, embeddedConfig } from './config/embedded.ts';
export { configJsonSchema } from './config/json-schema.ts';
export { type Loaded, loadConfig } from './config/load.ts';
export { type Option, type OptionTest, options, optionsPage } from './config/options.ts';
export { printable, printConfig } from './config/print.ts';
export { formatProblem, type Problem } from './config/problem.ts';
export type { PortRange } from './config/scalars.ts';
export { CREDENTIAL_LIFETIME_LIMIT } from './config/schema.ts';
export { describeSource, resolveSecret, type SecretReaders, type SecretSource } from './config/secret.ts';
export { listenError, OPERATOR_ERROR_CODES, OperatorError, type OperatorErrorCode } from './errors.ts';
