/**
 * The door of `control` to what every process needs: types of the configuration, secrets, operator errors and metrics. Reading a
 * configuration file is behind `config/`, the admin API behind `http/`: their libraries take longer to load than a worker to start.
 */

export { ADMIN_REFUSALS, type AdminEvent, type AdminRefusal } from './admin-events.ts';
export type { AccessConfig, Config, ConfigInput, LdapConfig, Limits, PortRange } from './config/index.ts';
export { describeSource, resolveSecret, type SecretReaders, type SecretSource } from './config/secret.ts';
export { listenError, OPERATOR_ERROR_CODES, OperatorError, type OperatorErrorCode } from './errors.ts';
export { addUp, type Figure, type Figures, textOfAll } from './figures.ts';
export type { ConnectionEnd } from './metric-labels.ts';
export { type MetricSources, Metrics } from './metrics.ts';
export type { ProcessFigures } from './process-metrics.ts';
