/** The door of `control/access`: the numbers of an Access Edge, which know SIP. A worker that relays needs none of it. */

export { AccessMetrics, type AccessRefusal } from './access-metrics.ts';
