/** The door of `load`: a client side of many allocations, to load a TURN server with. */
export { echoAt } from './echo.ts';
export { type LoadHooks, LoadRun, type Phase } from './load-run.ts';
export type { Meter } from './meter.ts';
export { type Direction, type LoadOptions, type LoadPlan, type TrafficPlan, videoTrain } from './options.ts';
export type { LoadReport } from './report.ts';
export { childrenOf } from './server-cost.ts';
export { STAMP_LENGTH } from './stamp.ts';
