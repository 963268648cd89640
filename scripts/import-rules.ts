/**
 * Who may import whom, as a table. A room is a folder of `src/`; a more exact row (`dataplane/engines`) goes before its room's.
 * `check-imports.ts` reads the sources and compares.
 */
export interface Room {
  readonly path: string;
  /** Rooms whose door this one may open. Its own room is always open to it. */
  readonly mayImport: readonly string[];
  /** Sockets, processes and their globals: everything that touches the machine. */
  readonly mayTouchMachine?: true;
  /** Wall clocks, timers and the console. Everybody else is handed `now` and writes no lines. */
  readonly mayTellTime?: true;
  readonly mayUseTimers?: true;
}

const PURE = ['wire', 'turn', 'sip', 'policy', 'dataplane', 'credentials', 'topology'];

export const ROOMS: readonly Room[] = [
  { path: 'wire', mayImport: [] },
  { path: 'deadlines', mayImport: ['wire'] },
  { path: 'turn', mayImport: ['wire', 'deadlines'] },
  { path: 'sip', mayImport: ['wire', 'deadlines'] },
  { path: 'policy', mayImport: ['wire'] },
  { path: 'dataplane/engines', mayImport: ['wire', 'dataplane', 'native'], mayTouchMachine: true, mayUseTimers: true },
  { path: 'dataplane', mayImport: ['wire'] },
  { path: 'native', mayImport: [], mayTouchMachine: true },
  { path: 'credentials', mayImport: ['wire', 'policy', 'control/config'] },
  { path: 'topology', mayImport: ['wire', 'policy', 'control/config'] },
  { path: 'control/http', mayImport: ['control', ...PURE], mayTouchMachine: true, mayUseTimers: true },
  { path: 'control', mayImport: PURE, mayUseTimers: true },
  {
    path: 'server',
    mayImport: ['control', 'native', ...PURE],
    mayTouchMachine: true,
    mayTellTime: true,
    mayUseTimers: true,
  },
  // the other side of the wire: it knows nothing of the server, only of STUN and sockets
  { path: 'load', mayImport: ['wire', 'native'], mayTouchMachine: true, mayTellTime: true, mayUseTimers: true },
  {
    path: 'cli',
    mayImport: ['server', 'control', 'load', ...PURE],
    mayTouchMachine: true,
    mayTellTime: true,
    mayUseTimers: true,
  },
  // src/index.ts: the library's door, which only passes on what `server` and the schema offer
  { path: '', mayImport: ['server', 'control', 'credentials'] },
];

/** Folders inside a room that have a door of their own. */
export const INNER_DOORS = [
  'control/access',
  'control/config',
  'control/http',
  'credentials/sip',
  'dataplane/engines',
  'topology/doctor',
  'wire/mras',
];

export const MACHINE_MODULES = [
  'node:child_process',
  'node:cluster',
  'node:dgram',
  'node:dns',
  'node:http',
  'node:http2',
  'node:https',
  'node:net',
  'node:process',
  'node:tls',
  'node:worker_threads',
];

/** Globals by what they give away. `Math.random` is in no list: it is refused everywhere, since every draw of ours faces strangers. */
export const MACHINE_GLOBALS = ['process'];
export const CLOCK_GLOBALS = ['Date.now', 'new Date()', 'Date()', 'performance', 'console'];
export const TIMER_GLOBALS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
export const WEAK_RANDOM = ['Math.random', 'crypto.pseudoRandomBytes'];
