import { type AccessInfo, type Admin, startAdmin } from '../control/http/index.ts';
import { type AdminEvent, type Config, listenError, type Metrics, resolveSecret } from '../control/index.ts';
import type { MintedCredential } from '../credentials/index.ts';
import { formatAddress, formatIp, isLoopbackIp, type TransportAddress, withPort } from '../wire/index.ts';
import { clock } from './clock.ts';
import type { Logger } from './log.ts';
import type { Minter } from './minter.ts';
import { portOwner } from './port-owner.ts';
import type { Readiness } from './self-test.ts';
import { secretReaders, version } from './system.ts';
import { webPages } from './web-pages.ts';

/** What the admin API asks of the edge. */
export interface Administered {
  readonly minter: Minter;
  readiness(): Promise<Readiness>;
  /** Undefined without an Access Edge, and until it serves. */
  readonly accessInfo: AccessInfo | undefined;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export interface EdgeAdmin {
  readonly endpoint: TransportAddress;
  readonly url: string;
  /** Of the page there, by either name of loopback. */
  readonly origins: readonly string[];
  /** The call page, with the token in the fragment, which browsers send to nobody; undefined when it is not built. */
  readonly callPage: string | undefined;
  close(): Promise<void>;
}

/** Opens the admin listener; an OperatorError says why it can't be. */
export async function openAdmin(
  edge: Administered,
  config: NonNullable<Config['admin']>,
  metrics: Metrics,
  log: Logger,
): Promise<EdgeAdmin> {
  const token = resolveSecret(config.token, 'admin.token', secretReaders);
  const { minter } = edge;
  const pages = webPages();
  const admin = await listening(config, {
    address: formatIp(config.address),
    port: config.port,
    token,
    version,
    mint: (user, lifetimeSeconds) => minter.mint(user, lifetimeSeconds),
    sides: minter.sides,
    mintRelayToken: (user, lifetimeSeconds, side) => minter.mintRelayToken(user, lifetimeSeconds, side),
    mediaRelays: side => minter.mediaRelays(side),
    uris: side => minter.turnRest(NOBODY, side).uris,
    iceServers: (minted, side) => minter.iceServers(minted, side),
    metrics: () => edge.metrics(),
    ready: () => edge.readiness(),
    access: () => edge.accessInfo,
    pages,
    log: event => report(event, metrics, log),
    now: clock.now,
  });
  const endpoint = withPort(config.address, admin.port);
  const url = `http://${formatAddress(endpoint)}/`;
  const callPage = pages && `${url}#token=${encodeURIComponent(token)}`;
  const local = isLoopbackIp(endpoint) ? [`http://localhost:${endpoint.port}`] : [];
  const origins = [url.slice(0, -1), ...local];
  return { endpoint, url, origins, callPage, close: () => admin.close() };
}

async function listening(
  config: NonNullable<Config['admin']>,
  options: Parameters<typeof startAdmin>[0],
): Promise<Admin> {
  try {
    return await startAdmin(options);
  } catch (cause) {
    throw listenError(cause, 'admin listener', options.address, config.port, portOwner('tcp', config.port));
  }
}

function report(event: AdminEvent, metrics: Metrics, log: Logger): void {
  switch (event.event) {
    case 'minted':
      metrics.minted();
      log.info(event, 'credential minted');
      break;
    case 'refused':
      metrics.adminRefused(event.reason);
      log.warn(event, 'admin request refused');
      break;
    case 'failed':
      log.error({ route: event.route, err: event.error }, 'admin request failed');
      break;
  }
}

/** The URIs are the same for everybody. */
const NOBODY: MintedCredential = { username: '', password: '', expiresAt: 0, lifetimeSeconds: 0 };
