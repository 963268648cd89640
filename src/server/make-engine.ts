import { randomInt } from 'node:crypto';
import { type Config, OperatorError } from '../control/index.ts';
import {
  DgramEngine,
  type EngineSettings,
  MmsgEngine,
  type OwnRelays,
  type SocketEngine,
  type Upcalls,
} from '../dataplane/index.ts';
import type { Logger } from './log.ts';

/** Each engine by its name in the configuration: made, or why it can't be had here. */
const ENGINES: Record<Config['engines'][number], (settings: EngineSettings) => SocketEngine | string> = {
  mmsg: settings => MmsgEngine.start(settings),
  dgram: settings => new DgramEngine(settings),
};

/** The first engine of the configured list that starts. Each that declines says why, once. */
export function makeEngine(
  { engines, relayPorts }: Config,
  upcalls: Upcalls,
  own: OwnRelays,
  log: Logger,
): SocketEngine {
  const refusals: string[] = [];
  for (const name of engines) {
    const engine = ENGINES[name]({ relayPorts, random: randomInt, upcalls, own });
    if (typeof engine !== 'string') return engine;
    refusals.push(`${name}: ${engine}`);
    log.info({ engine: name, reason: engine }, 'engine not used');
  }
  throw new OperatorError(
    'SALLYPORT_NO_ENGINE',
    `no engine of the configured list starts (${refusals.join('; ')})`,
    'add dgram to engines: it works wherever Node.js does',
  );
}
