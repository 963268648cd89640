import { formatPrefix } from '../../policy/index.ts';
import { accessContradictions } from './access-rules.ts';
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import type { Finding } from './issues.ts';
import { MOST_AMPLIFICATION } from './schema.ts';
import { sideContradictions } from './sides-rules.ts';

/** What no single key shows to be wrong: the checks between keys. */
export function contradictions(config: Config): Finding[] {
  return [
    ...nobodyMayEnter(config),
    ...sideContradictions(config),
    ...accessContradictions(config),
    ...relayPortsTaken(config),
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
