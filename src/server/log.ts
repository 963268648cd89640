import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/** Names under which a secret might ever be logged by mistake: pino blanks them before they are written. */
const SECRET_KEYS = ['password', 'credential', 'token', 'secret', 'secrets', 'key', 'authorization'];

/** One JSON line per event. Nothing is logged per packet. */
export function makeLog(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap(name => [name, `*.${name}`]), censor: '[secret]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
