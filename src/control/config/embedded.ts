import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

/** The name that stands for the built-in configuration where a file's name is expected. */
export const EMBEDDED = '(built-in configuration)';

export interface EmbeddedParts {
  readonly secret: string;
  readonly token: string;
  /** The file of users who may sign in. */
  readonly users: string;
}

/** What `sallyport start` runs without a config file: everything on loopback, with secrets made for this run. */
export function embeddedConfig({ secret, token, users }: EmbeddedParts): Config {
  const loaded = loadConfig(
    JSON.stringify({
      realm: 'sallyport',
      external: { address: '127.0.0.1', udp: 3478, tcp: [3478, 5349], peers: { allow: ['127.0.0.0/8'] } },
      credentials: { secrets: [secret] },
      access: { users, tls: 5061, wss: [], ws: 8081 },
      admin: { address: '127.0.0.1', port: 8080, token },
    }),
    EMBEDDED,
  );
  if (loaded.config === undefined) throw new Error(loaded.problems.map(formatProblem).join('\n')); // a mistake of ours
  return loaded.config;
}
