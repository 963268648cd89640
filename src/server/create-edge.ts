import type { ConfigInput } from '../control/index.ts';
import { configFromText } from './config-file.ts';
import { Edge } from './edge.ts';
import { type Logger, makeLog } from './log.ts';

export interface CreateEdgeOptions {
  /** Where log lines go: a pino logger. Without one, the edge logs nothing. */
  readonly log?: Logger;
}

/**
 * Starts an edge in this process. The configuration is the same as a config file's: an object, or YAML or JSON text.
 * Resolves when every listener is open; rejects with an OperatorError that says what is wrong and what to do.
 * Port 0 is any free port; `edge.ports` says which.
 */
export function createEdge(config: ConfigInput | string, options: CreateEdgeOptions = {}): Promise<Edge> {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return Edge.start(configFromText(text, 'createEdge'), { log: options.log ?? makeLog('silent') });
}
