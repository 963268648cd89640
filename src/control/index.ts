/** The door of `control`: configuration, operator errors, metrics and the admin API. */

export { ADMIN_REFUSALS, type AdminEvent, type AdminRefusal } from './admin-events.ts';
export * from './config/index.ts';
export { listenError, OPERATOR_ERROR_CODES, OperatorError, type OperatorErrorCode } from './errors.ts';
export { addUp, type Figure, type Figures, textOfAll } from './figures.ts';
export * from './http/index.ts';
export type { ConnectionEnd } from './metric-labels.ts';
export { type MetricSources, Metrics } from './metrics.ts';
export type { ProcessFigures } from './process-metrics.ts';
