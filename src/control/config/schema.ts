import { z } from 'zod';
import { LIFETIME_LIMIT_SECONDS } from '../../credentials/index.ts';
import { ANSWER_DEFAULTS } from '../../policy/index.ts';
import { access } from './access-schema.ts';
import { count, duration, ip, oneOrMany, port, portRange, secret } from './scalars.ts';
import { external, federation, internal } from './sides-schema.ts';

/** More would make the edge worth abusing as a reflector. */
export const MOST_AMPLIFICATION = 10;

/** Beyond this a machine is better split. */
const MOST_WORKERS = 256;

const noControlCharacters = /^\P{Cc}*$/u;

const credentials = z
  .strictObject({
    secrets: oneOrMany(secret)
      .prefault([])
      .describe(
        "Shared secrets for time-limited credentials (TURN REST, coturn's use-auth-secret): the value, env:NAME or file:PATH. The first mints, all verify.",
      ),
    users: z
      .record(z.string().min(1).max(508).regex(noControlCharacters), secret)
      .prefault({})
      .describe('Static users: name and password, the password as value, env:NAME or file:PATH.'),
    lifetime: duration(1, LIFETIME_LIMIT_SECONDS, ', which no configuration raises')
      .prefault('8h')
      .describe('How long a minted credential is valid, and the longest that is accepted. At most 8h.'),
  })
  .describe('Who may use the relay. At least one secret or user is needed.');

const admin = z
  .strictObject({
    address: ip
      .prefault('127.0.0.1')
      .describe('Where the admin API, metrics, health checks and the call page are served. Keep it internal.'),
    port: port.prefault(8080).describe('The TCP port of the admin listener. 0: any free port.'),
    allowExternal: z
      .boolean()
      .prefault(false)
      .describe('Whether the admin listener may be on an external address or a wildcard, where strangers reach it.'),
    token: secret.describe('The bearer token that mints credentials: the value, env:NAME or file:PATH.'),
  })
  .describe('The admin listener. None unless this is present.');

const tls = z
  .strictObject({
    certificate: z.string().min(1).describe('PEM file with the certificate and its chain. Read again when it changes.'),
    key: z.string().min(1).describe("PEM file with the certificate's private key."),
  })
  .describe('The certificate for TLS on external.tcp. Without it a self-signed one is made at start.');

const limits = z
  .strictObject({
    allocations: count(1, 1_000_000).prefault(10_000).describe('Allocations at once.'),
    allocationsPerUser: count(1, 1_000_000)
      .prefault(100)
      .describe('Allocations at once of one user. All credentials of a user count together.'),
    allocationsPerPrefix: count(1, 1_000_000)
      .prefault(1000)
      .describe('Allocations at once from one source network (IPv4 /24, IPv6 /56).'),
    permissionsPerAllocation: count(1, 4096)
      .prefault(64)
      .describe('Peers an allocation may have permissions for at once.'),
    channelsPerAllocation: count(1, 4096).prefault(64).describe('Channels an allocation may have bound at once.'),
    connectionsPerAllocation: count(1, 4096)
      .prefault(64)
      .describe('TCP connections with peers an allocation may have at once.'),
    answersPerSecond: count(0, 1_000_000)
      .prefault(ANSWER_DEFAULTS.answersPerSecond)
      .describe(
        'Answers per second over UDP to senders that have not authenticated, for each source network. Beyond it: silence. 0: silence always.',
      ),
    answersBurst: count(1, 1_000_000)
      .prefault(ANSWER_DEFAULTS.burst)
      .describe('Such answers that a source network may draw at once before the rate counts.'),
    amplification: z
      .number()
      .min(1)
      .max(MOST_AMPLIFICATION)
      .prefault(ANSWER_DEFAULTS.factor)
      .describe('The most bytes sent for each byte of an unauthenticated UDP request.'),
    connections: count(1, 1_000_000).prefault(10_000).describe('TCP and TLS connections at once.'),
    connectionsPerPrefix: count(1, 1_000_000)
      .prefault(1000)
      .describe('TCP and TLS connections at once from one source network (IPv4 /24, IPv6 /56).'),
    handshakesPerPrefix: count(1, 1_000_000)
      .prefault(100)
      .describe('Connections at once from one source network that have not yet sent a whole message.'),
    streamBuffer: count(4096, 64 * 1024 * 1024)
      .prefault(256 * 1024)
      .describe('Bytes waiting for a TCP or TLS client that reads slowly. Beyond it, its datagrams are dropped.'),
  })
  .prefault({})
  .describe('Ceilings of everything that clients can make grow.');

const lifetimes = z
  .strictObject({
    allocation: duration(1, LIFETIME_LIMIT_SECONDS)
      .prefault('10m')
      .describe('Lifetime of an allocation whose client asks for none.'),
    most: duration(1, LIFETIME_LIMIT_SECONDS)
      .prefault('1h')
      .describe('The longest lifetime granted at once; a client refreshes to have more.'),
    idle: duration(1, LIFETIME_LIMIT_SECONDS)
      .prefault('10m')
      .describe(
        'How long an allocation of the Microsoft dialect over TCP may carry nothing; such clients do not refresh.',
      ),
    nonce: duration(1, LIFETIME_LIMIT_SECONDS)
      .prefault('1h')
      .describe('How long a nonce is good before a client is given a new one.'),
  })
  .prefault({})
  .describe('Lifetimes in the TURN protocol.');

const log = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .prefault('info')
      .describe('The least important log lines that are written.'),
  })
  .prefault({})
  .describe('Logging, as JSON lines on standard output.');

/** The one description of a config file: types, defaults, bounds and documentation. */
export const configSchema = z
  .strictObject({
    realm: z
      .string()
      .min(1)
      .max(127)
      .regex(noControlCharacters)
      .prefault('sallyport')
      .describe(
        'The authentication realm that clients are told. Short realms keep the first answer small: at most 12 bytes at limits.amplification 2.',
      ),
    external,
    internal: internal.optional(),
    federation,
    relayPorts: portRange.prefault('50000-59999').describe('UDP and TCP ports for relayed traffic, first-last.'),
    credentials,
    admin: admin.optional(),
    tls: tls.optional(),
    access: access.optional(),
    limits,
    lifetimes,
    engines: z
      .array(z.enum(['mmsg', 'dgram']))
      .min(1)
      .prefault(['mmsg', 'dgram'])
      .describe(
        'Packet engines in order of preference; the first that starts is used. mmsg: batched system calls, on Linux. dgram: everywhere.',
      ),
    workers: z
      .union([z.literal('auto'), count(1, MOST_WORKERS)], 'must be auto or a number of processes')
      .prefault('auto')
      .describe(
        'Processes that share the load, on Linux with the engine mmsg. auto: one for each CPU this process may use; 1: everything in one process.',
      ),
    log,
  })
  .describe('Configuration of a Sallyport edge.');

/** A config as it is written, for those who write it in TypeScript. */
export type ConfigInput = z.input<typeof configSchema>;
export type ParsedConfig = z.output<typeof configSchema>;
