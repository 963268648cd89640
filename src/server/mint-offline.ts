import { randomBytes } from 'node:crypto';
import { type Config, OperatorError } from '../control/index.ts';
import {
  type IceHost,
  type IceServer,
  iceServers,
  type MediaRelay,
  type MintedCredential,
  mediaRelays,
} from '../credentials/index.ts';
import { withPort } from '../wire/index.ts';
import { certificateFrom } from './certificate.ts';
import { clock } from './clock.ts';
import { credentialsFrom } from './from-config.ts';
import { noSecret } from './minter.ts';
import { type Side, sidesFrom } from './sides.ts';
import { hasTcpRelays } from './system.ts';
import { iceHosts } from './ways-in.ts';

export type Dialect = 'standard' | 'ms';

export interface OfflineCredential {
  readonly minted: MintedCredential;
  /** Where its clients reach the edge: in the words of browsers, or in those of the Microsoft dialect. */
  readonly servers: { readonly iceServers: readonly IceServer[] } | { readonly mediaRelays: readonly MediaRelay[] };
}

/** A credential as a running edge with this configuration would mint it, without one. An OperatorError says why not. */
export function mintOffline(
  config: Config,
  user: string,
  lifetimeSeconds: number | undefined,
  dialect: Dialect,
  side: Side = 'external',
): OfflineCredential {
  if (side === 'internal' && config.internal === undefined) throw noSuchSide();
  const credentials = credentialsFrom(config);
  const now = clock.wall();
  const isMs = dialect === 'ms';
  const minted = isMs
    ? credentials.mintToken(user, side, lifetimeSeconds, now, randomBytes)
    : credentials.mint(user, lifetimeSeconds, now);
  if (typeof minted === 'string') throw notMinted(minted);
  const hosts = hostsOf(config, side);
  return {
    minted,
    servers: isMs ? { mediaRelays: mediaRelays(hosts, hasTcpRelays()) } : { iceServers: iceServers(minted, hosts) },
  };
}

function hostsOf(config: Config, side: Side): IceHost[] {
  const { tls } = config;
  const { addresses, udp, tcp } = sidesFrom(config).find(one => one.side === side)!;
  const open = (ports: readonly number[]) =>
    addresses.all.flatMap(({ local }) => ports.filter(port => port !== 0).map(port => withPort(local, port)));
  return iceHosts(addresses, { udp: open(udp), tcp: open(tcp) }, tls && certificateFrom(tls).name);
}

function noSuchSide(): OperatorError {
  return new OperatorError(
    'SALLYPORT_USAGE',
    'the configuration has no internal side',
    'add internal, or mint for the external side',
  );
}

function notMinted(why: string): OperatorError {
  if (why !== 'no-secret') return new OperatorError('SALLYPORT_USAGE', `nothing was minted: ${why}`, 'see --help');
  return noSecret();
}
