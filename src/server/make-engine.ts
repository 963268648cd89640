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
import { deviceOf } from './sides.ts';

/** Each engine by its name in the configuration: made, or why it can't be had here. */
const ENGINES: Record<Config['engines'][number], (settings: EngineSettings) => SocketEngine | string> = {
  mmsg: settings => MmsgEngine.start(settings),
  dgram: settings => new DgramEngine(settings),
};

/** The first engine of the configured list that starts. Each that declines says why, once. */
export function makeEngine(config: Config, upcalls: Upcalls, own: OwnRelays, log: Logger): SocketEngine {
  const { engines, relayPorts, external, internal } = config;
  const hasDevice = external.device !== undefined || internal?.device !== undefined;
  const refusals: string[] = [];
  for (const name of engines) {
    const engine =
      hasDevice && name !== 'mmsg'
        ? 'it cannot bind its sockets to a network interface, as device asks'
        : ENGINES[name]({ relayPorts, random: randomInt, upcalls, own, deviceOf: ip => deviceOf(config, ip) });
    if (typeof engine !== 'string') return engine;
    refusals.push(`${name}: ${engine}`);
    log.info({ engine: name, reason: engine }, 'engine not used');
  }
  throw new OperatorError(
    'SALLYPORT_NO_ENGINE',
    `no engine of the configured list starts (${refusals.join('; ')})`,
    hasDevice
      ? 'device needs Linux and the engine mmsg: remove the key elsewhere'
      : 'add dgram to engines: it works wherever Node.js does',
  );
}
