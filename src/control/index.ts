/** The door of `control`: configuration, operator errors, metrics and the admin API. */

export type { Config, Limits } from './config/config.ts';
export { formatDuration, parseDuration } from './config/duration.ts';
export { EMBEDDED, embeddedConfig } from './config/embedded.ts';
export { configJsonSchema } from './config/json-schema.ts';
export { configFrom, type Loaded, loadConfig, requireConfig } from './config/load.ts';
export { type Option, type OptionTest, options, optionsPage } from './config/options.ts';
export { printable, printConfig } from './config/print.ts';
export { formatProblem, type Problem } from './config/problem.ts';
export type { PortRange } from './config/scalars.ts';
export { type ConfigInput, CREDENTIAL_LIFETIME_LIMIT } from './config/schema.ts';
export { describeSource, resolveSecret, type SecretReaders, type SecretSource } from './config/secret.ts';
export { listenError, OPERATOR_ERROR_CODES, OperatorError, type OperatorErrorCode } from './errors.ts';
export { type Admin, type AdminOptions, type Minted, type Readiness, startAdmin } from './http/admin.ts';
export { ADMIN_REFUSALS, type AdminEvent, type AdminRefusal } from './http/events.ts';
export { type ConnectionEnd, Metrics, type MetricSources, type ProcessFigures } from './metrics.ts';
