import { formatPrefix } from '../../policy/index.ts';
import { formatIp, type IpAddress, sameIp } from '../../wire/index.ts';
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import type { Finding } from './issues.ts';
import { MOST_AMPLIFICATION } from './schema.ts';

/** What no single key shows to be wrong: the checks between keys. */
export function contradictions(config: Config): Finding[] {
  return [
    ...nobodyMayEnter(config),
    ...nothingListens(config),
    ...listedTwice(config),
    ...relayPortsTaken(config),
    ...adminPortTaken(config),
    ...allowedAndDenied(config),
    ...lifetimesCross(config),
    ...realmTooLong(config),
  ];
}

function nobodyMayEnter({ credentials }: Config): Finding[] {
  if (credentials.secrets.length > 0 || credentials.users.length > 0) return [];
  return [
    {
      path: ['credentials'],
      message: 'nobody could use the relay',
      suggestion: 'add credentials.secrets or credentials.users',
    },
  ];
}

function nothingListens({ external }: Config): Finding[] {
  if (external.udp.length + external.tcp.length > 0) return [];
  return [
    { path: ['external'], message: 'no listener is left', suggestion: 'name a port in external.udp or external.tcp' },
  ];
}

function listedTwice({ external }: Config): Finding[] {
  const ports = (['udp', 'tcp'] as const).flatMap(key =>
    external[key].flatMap((port, i) => (port !== 0 && external[key].indexOf(port) < i ? [twice(key, i)] : [])),
  );
  const addresses = external.addresses.flatMap((ip, i) =>
    external.addresses.findIndex(other => sameIp(other, ip)) < i ? [twice('address', i)] : [],
  );
  return [...addresses, ...ports];
}

function twice(key: string, i: number): Finding {
  return { path: ['external', key, i], message: 'is listed twice' };
}

function relayPortsTaken({ relayPorts: { first, last }, external }: Config): Finding[] {
  const taken = [...external.udp, ...external.tcp].find(port => port >= first && port <= last);
  if (taken === undefined) return [];
  return [
    {
      path: ['relayPorts'],
      message: `the range ${first}-${last} contains the listener port ${taken}`,
      suggestion: 'choose a range without listener ports',
    },
  ];
}

function adminPortTaken({ admin, external }: Config): Finding[] {
  if (admin === undefined || admin.port === 0 || !external.tcp.includes(admin.port)) return [];
  const shared =
    external.addresses.find(ip => sameIp(ip, admin.address)) ?? (isWildcard(admin.address) ? admin.address : undefined);
  if (shared === undefined) return [];
  return [
    {
      path: ['admin', 'port'],
      message: `${formatIp(shared)} port ${admin.port} is also in external.tcp`,
      suggestion: 'choose another port for one of them',
    },
  ];
}

function isWildcard(ip: IpAddress): boolean {
  return ip.w0 === 0 && ip.w1 === 0 && (ip.w2 === 0xffff || ip.w2 === 0) && ip.w3 === 0;
}

function allowedAndDenied({ external: { peers } }: Config): Finding[] {
  const allowed = new Set(peers.allow.map(formatPrefix));
  return peers.deny.flatMap((prefix, i) =>
    allowed.has(formatPrefix(prefix))
      ? [
          {
            path: ['external', 'peers', 'deny', i],
            message: `${formatPrefix(prefix)} is both allowed and denied`,
            suggestion: 'remove one of the two',
          },
        ]
      : [],
  );
}

function lifetimesCross({ lifetimes: { allocationSeconds, mostSeconds } }: Config): Finding[] {
  if (allocationSeconds <= mostSeconds) return [];
  const message = `${formatDuration(allocationSeconds)} is longer than lifetimes.most, which is ${formatDuration(mostSeconds)}`;
  return [{ path: ['lifetimes', 'allocation'], message, suggestion: 'raise lifetimes.most or shorten this' }];
}

/** The smallest Allocate: header and REQUESTED-TRANSPORT (RFC 8656 §7.1). */
const SMALLEST_ALLOCATE = 28;
/** The 401 to it apart from the realm: header, ERROR-CODE without a phrase, REALM's own header, NONCE (RFC 8489 §9.2.4). */
const ANSWER_WITHOUT_REALM = 20 + 8 + 4 + 12;

/** A 401 that may not be sent would lock every UDP client out, so a realm that makes it too long is refused here. */
function realmTooLong({ realm, limits }: Config): Finding[] {
  const bytes = new TextEncoder().encode(realm).length;
  const answer = ANSWER_WITHOUT_REALM + Math.ceil(bytes / 4) * 4;
  const most = Math.floor(limits.amplification * SMALLEST_ALLOCATE);
  if (answer <= most) return [];
  const room = Math.floor((most - ANSWER_WITHOUT_REALM) / 4) * 4;
  const factor = Math.ceil((answer / SMALLEST_ALLOCATE) * 100) / 100;
  const largerFactor = factor <= MOST_AMPLIFICATION ? `, or set limits.amplification to ${factor} or more` : '';
  const shorter = room >= 4 ? `shorten the realm to at most ${room} bytes` : 'no realm is short enough at this factor';
  return [
    {
      path: ['realm'],
      message:
        `with its ${bytes} bytes the first answer (401) to the smallest Allocate (${SMALLEST_ALLOCATE} bytes) has ${answer} bytes, ` +
        `but limits.amplification ${limits.amplification} allows ${most}, so clients over UDP would never be answered`,
      suggestion: shorter + largerFactor,
    },
  ];
}
