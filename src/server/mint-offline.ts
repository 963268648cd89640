import { type Config, OperatorError } from '../control/index.ts';
import { type IceServer, iceServers, type MintedCredential } from '../credentials/index.ts';
import { withPort } from '../wire/index.ts';
import { certificateFrom } from './certificate.ts';
import { clock } from './clock.ts';
import { credentialsFrom } from './from-config.ts';
import { iceHosts } from './ways-in.ts';

export interface OfflineCredential {
  readonly minted: MintedCredential;
  readonly iceServers: readonly IceServer[];
}

/** A credential as a running edge with this configuration would mint it, without one. An OperatorError says why not. */
export function mintOffline(config: Config, user: string, lifetimeSeconds: number | undefined): OfflineCredential {
  const minted = credentialsFrom(config).mint(user, lifetimeSeconds, clock.wall());
  if (typeof minted === 'string') throw notMinted(minted);
  const { addresses, udp, tcp } = config.external;
  const open = (ports: readonly number[]) =>
    addresses.flatMap(address => ports.filter(port => port !== 0).map(port => withPort(address, port)));
  const name = config.tls && certificateFrom(config.tls).name;
  return { minted, iceServers: iceServers(minted, iceHosts(addresses, { udp: open(udp), tcp: open(tcp) }, name)) };
}

function notMinted(why: string): OperatorError {
  if (why !== 'no-secret') return new OperatorError('SALLYPORT_USAGE', `nothing was minted: ${why}`, 'see --help');
  return new OperatorError(
    'SALLYPORT_NO_SECRET',
    'credentials can be minted only with a shared secret',
    'add one to credentials.secrets; static users need no minting',
  );
}
