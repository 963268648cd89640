import { type Config, type PortRange, resolveSecret, type SecretSource } from '../../control/index.ts';
import { secretReaders } from '../system.ts';

/** One worker's part of the configuration: limits that add up to the configured ones, its own relay ports, secrets as values. */
export function shareOf(config: Config, worker: number, workers: number): Config {
  const { limits, credentials } = config;
  const part = (total: number) => Math.max(1, Math.floor(total / workers));
  return {
    ...config,
    relayPorts: portsOf(config.relayPorts, worker, workers),
    credentials: {
      ...credentials,
      secrets: credentials.secrets.map((source, i) => resolved(source, `credentials.secrets[${i}]`)),
      users: credentials.users.map(({ name, password }) => ({
        name,
        password: resolved(password, `credentials.users.${name}`),
      })),
    },
    admin: undefined,
    tls: undefined,
    access: undefined,
    limits: {
      ...limits,
      answersPerSecond: limits.answersPerSecond / workers,
      answersBurst: part(limits.answersBurst),
      connections: part(limits.connections),
      connectionsPerPrefix: part(limits.connectionsPerPrefix),
      handshakesPerPrefix: part(limits.handshakesPerPrefix),
    },
    engines: ['mmsg'],
    workers: 1,
  };
}

/** The part of the Access Edge's process: everything, as it is the only one of its kind. */
export function accessShareOf(config: Config): Config {
  return { ...shareOf(config, 1, 1), access: config.access };
}

/** The relay ports of the worker with this number (from 1): contiguous, nobody else's, beginning with an even one (RFC 8656 §7.2). */
export function portsOf({ first, last }: PortRange, worker: number, workers: number): PortRange {
  const size = last - first + 1;
  const border = (n: number) => (n === 0 ? first : Math.floor((first + (size * n) / workers) / 2) * 2);
  return { first: border(worker - 1), last: worker === workers ? last : border(worker) - 1 };
}

function resolved(source: SecretSource, key: string): SecretSource {
  return { from: 'value', value: resolveSecret(source, key, secretReaders) };
}
