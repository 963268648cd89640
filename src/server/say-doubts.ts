import { type Config, formatKey, sideDoubts } from '../control/config/index.ts';
import type { Logger } from './log.ts';

/** What works but is seldom meant, as `sallyport config check` says it: whoever did not ask reads it at start. */
export function sayDoubts(config: Config, log: Logger): void {
  for (const { path, message, suggestion } of sideDoubts(config))
    log.warn({ option: formatKey(path), suggestion }, message);
}
