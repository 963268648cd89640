import type { MachineFacts } from '../facts.ts';
import { overlap, spansOf, spansText, without } from '../port-spans.ts';
import { fault, ok, type Result, unknown, warning } from '../result.ts';

/** Relay ports that other programs of this machine hold. */
export function relayPortsFree({ relayPorts: { tried, taken } }: MachineFacts): Result[] {
  if (tried === 0) return [];
  if (taken.length === 0)
    return [ok('relay-ports-free', 'relayPorts', `${tried} tried, none taken by another program`)];
  const owners = [...new Set(taken.map(({ owner }) => owner ?? 'another program'))].join(', ');
  return [
    warning('relay-ports-free', 'relayPorts', {
      id: 'relay-ports-taken',
      place: 'machine',
      seen: `${spansText(spansOf(taken.map(({ port }) => port)))} taken by ${owners}`,
      means: 'The edge passes these ports over; packets of peers may reach the other program.',
      change: 'move the other program out of relayPorts',
    }),
  ];
}

/** The kernel gives outgoing connections ports of its own range, unless told to keep off. */
export function ephemeralPorts(
  { ephemeral, reserved }: MachineFacts,
  range: { first: number; last: number },
): Result[] {
  if (ephemeral === undefined) return [];
  const shared = overlap(ephemeral, range);
  const left = shared === undefined ? [] : without(shared, reserved);
  if (left.length === 0) return [ok('ephemeral-ports', 'relayPorts', 'the system keeps off them')];
  return [
    warning('ephemeral-ports', 'relayPorts', {
      id: 'ephemeral-overlap',
      place: 'machine',
      seen: `the system gives ports ${ephemeral.first}-${ephemeral.last} to outgoing sockets, and ${spansText(left)} are relay ports`,
      means: 'Any program on this machine may hold a relay port at any time.',
      change: `sysctl -w net.ipv4.ip_local_reserved_ports=${range.first}-${range.last}, and the same in /etc/sysctl.d`,
    }),
  ];
}

/** Enough open files for what the limits promise. */
export function openFiles({ openFiles: { needed, allowed, whose } }: MachineFacts): Result[] {
  const subject = whose === 'edge' ? 'the running edge' : 'this shell';
  if (allowed === undefined) return [unknown('open-files', subject, 'this system does not tell')];
  if (allowed >= needed) return [ok('open-files', subject, `${allowed} allowed, ${needed} needed`)];
  return [
    fault('open-files', subject, {
      id: 'too-few-files',
      place: 'machine',
      seen: `${allowed} allowed, ${needed} needed for the configured limits`,
      means: 'Clients will be refused before the configured limits are reached, or the edge does not start.',
      change: `allow ${needed}: LimitNOFILE=${needed} in the systemd unit, \`ulimit -n ${needed}\` in a shell; or lower limits.allocations and limits.connections`,
    }),
  ];
}
