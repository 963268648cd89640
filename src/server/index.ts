/** The door of `server`: an edge, whole. */
export { readConfigFile, readConfigText } from './config-file.ts';
export { type CreateEdgeOptions, createEdge } from './create-edge.ts';
export * from './doctor/index.ts';
export { Edge, type EdgeOptions } from './edge.ts';
export { type Logger, makeLog } from './log.ts';
export { mintOffline, type OfflineCredential } from './mint-offline.ts';
export type { Ports } from './open-ports.ts';
export type { Summary } from './reporter.ts';
export type { Readiness } from './self-test.ts';
export { type RunningEdge, startEdge } from './start-edge.ts';
export { secretReaders as readSecret, version } from './system.ts';
export { readOrMakeUsersFile, readUsersFile, writeUsersFile } from './users-file.ts';
