/** The door of `control/config`: the config file's schema, and a file that obeys it. */

export { type AccessListener, accessListeners } from './access-listeners.ts';
export type { ServerInside } from './access-schema.ts';
export type {
  AccessConfig,
  Config,
  FederationKind,
  FederationPartner,
  InternalSide,
  LdapConfig,
  Limits,
} from './config.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { EMBEDDED, embeddedConfig } from './embedded.ts';
export { configJsonSchema } from './json-schema.ts';
export { type Loaded, loadConfig } from './load.ts';
export { type Option, type OptionTest, options, optionsPage } from './options.ts';
export { printable, printConfig } from './print.ts';
export { formatKey, formatProblem, formatWarning, type Problem } from './problem.ts';
export type { PortRange } from './scalars.ts';
export type { ConfigInput } from './schema.ts';
export { describeSource, parseSecretSource, resolveSecret, type SecretReaders, type SecretSource } from './secret.ts';
export { sideDoubts } from './sides-doubts.ts';
export { FEDERATION_KINDS } from './sides-schema.ts';
