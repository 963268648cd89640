import { formatIp, type IpAddress, isLoopbackIp, sameIp } from '../../wire/index.ts';
import { type AccessListener, accessListeners } from './access-listeners.ts';
import type { AccessConfig, Config } from './config.ts';
import type { Finding } from './issues.ts';
import type { KeyPath } from './problem.ts';

/** What can't be true of an Access Edge. */
export function accessContradictions(config: Config): Finding[] {
  const { access } = config;
  if (access === undefined) return [];
  return [
    ...nothingToMintWith(config),
    ...nobodySignsIn(access),
    ...nothingListens(access),
    ...directoryUnusable(access),
    ...portsTaken(config, access),
  ];
}

/** What works, but is seldom what was meant. */
export function accessDoubts({ access, tls, external }: Config): Finding[] {
  if (access === undefined || tls !== undefined || external.addresses.every(isLoopbackIp)) return [];
  return [
    {
      path: ['access'],
      message: 'without tls it presents a certificate made at start, which phones and browsers refuse',
      suggestion: 'name a certificate in tls',
    },
  ];
}

function nothingToMintWith({ credentials }: Config): Finding[] {
  if (credentials.secrets.length > 0) return [];
  return [
    {
      path: ['access'],
      message: 'who signs in is given credentials for the relay, and there is no secret to make them with',
      suggestion: 'add one to credentials.secrets',
    },
  ];
}

function nobodySignsIn({ users, domain, internal, ldap }: AccessConfig): Finding[] {
  if (users !== undefined || (domain !== undefined && (internal ?? ldap) !== undefined)) return [];
  return [
    {
      path: ['access'],
      message: 'nobody could sign in',
      suggestion:
        'name a file in access.users (`sallyport users add` makes it), or both access.domain and access.internal or access.ldap',
    },
  ];
}

function nothingListens({ tls, wss, ws, tcp }: AccessConfig): Finding[] {
  if (tls.length + wss.length + ws.length + tcp.length > 0) return [];
  return [{ path: ['access'], message: 'no listener is left', suggestion: 'name a port in access.tls or access.wss' }];
}

function directoryUnusable({ ldap, internal, wss, ws }: AccessConfig): Finding[] {
  if (ldap === undefined) return [];
  const { server, startTls } = ldap;
  const found: Finding[] = [];
  if (server.isSecure && startTls)
    found.push({
      path: ['access', 'ldap', 'startTls'],
      message: 'ldaps:// has TLS from the start',
      suggestion: 'remove startTls, or write ldap://',
    });
  if (!server.isSecure && !startTls && !server.isHere)
    found.push({
      path: ['access', 'ldap', 'url'],
      message: 'passwords would cross the network in the clear',
      suggestion: 'write ldaps://, or startTls: true',
    });
  if (wss.length + ws.length === 0)
    found.push({
      path: ['access', 'ldap'],
      message: 'its users sign in over HTTPS first, and no port is open for that',
      suggestion: 'name a port in access.wss',
    });
  if (internal !== undefined)
    found.push({
      path: ['access', 'ldap'],
      message: "users who are not in the file would be both the directory's and those of access.internal",
      suggestion: 'remove one of them',
    });
  return found;
}

interface Taken {
  readonly key: string;
  readonly address: IpAddress;
  readonly port: number;
}

function portsTaken(config: Config, access: AccessConfig): Finding[] {
  const listeners = accessListeners(config);
  const others = othersOf(config);
  return listeners.flatMap((one, i) => {
    if (one.port === 0) return [];
    const path = pathOf(access, one);
    const { first, last } = config.relayPorts;
    if (one.side === 'external' && one.port >= first && one.port <= last)
      return [{ path, message: `${one.port} lies in relayPorts`, suggestion: 'choose a port outside of it' }];
    const before = listeners.slice(0, i).map(other => ({ ...other, key: `access.${other.key}` }));
    const other = [...others, ...before].find(each => each.port === one.port && meets(each.address, one.address));
    if (other === undefined) return [];
    const message = `${formatIp(one.address)} port ${one.port} is also in ${other.key}`;
    return [{ path, message, suggestion: 'choose another port for one of them' }];
  });
}

function othersOf({ external, internal, admin }: Config): Taken[] {
  const on = (key: string, addresses: readonly IpAddress[], ports: readonly number[]) =>
    addresses.flatMap(address => ports.map(port => ({ key, address, port })));
  return [
    ...on('external.tcp', external.addresses, external.tcp),
    ...on('internal.tcp', internal?.addresses ?? [], internal?.tcp ?? []),
    ...(admin === undefined ? [] : [{ key: 'admin.port', address: admin.address, port: admin.port }]),
  ];
}

function meets(other: IpAddress, own: IpAddress): boolean {
  const isWildcard = other.w0 === 0 && other.w1 === 0 && (other.w2 === 0xffff || other.w2 === 0) && other.w3 === 0;
  return isWildcard || sameIp(other, own);
}

function pathOf(access: AccessConfig, { key, port }: AccessListener): KeyPath {
  const ports = access[key];
  return ports.length === 1 ? ['access', key] : ['access', key, ports.lastIndexOf(port)];
}
