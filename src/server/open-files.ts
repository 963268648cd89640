import { type Config, OperatorError } from '../control/index.ts';
import { loadNative, raiseOpenFiles } from '../native/index.ts';
import { familyOf } from '../wire/index.ts';
import type { Logger } from './log.ts';

/** Listeners, the admin's connections, and what node and its libraries have open. */
const OTHERS = 256;

/** Every relay and every connection is an open file: as many as the limits let clients have. A dual-stack allocation has two relays. */
export function openFilesNeeded({ external, internal, access, relayPorts, limits }: Config): {
  relays: number;
  all: number;
} {
  const ports = external.addresses.length * (relayPorts.last - relayPorts.first + 1);
  const families = new Set(external.addresses.map(familyOf)).size;
  const relays = OTHERS + Math.min(ports, limits.allocations);
  const connections = external.tcp.length + (internal?.tcp.length ?? 0) > 0 ? limits.connections : 0;
  const signIns = access === undefined ? 0 : limits.connections;
  return { relays, all: OTHERS + Math.min(ports, limits.allocations * families) + connections + signIns };
}

/**
 * Lets this process open as many files as its limits promise to clients. With too few for the relays it does not start; with too few
 * for all connections besides, some may be refused, and the log says so.
 */
export function allowOpenFiles(config: Config, log: Logger, raise: (wanted: number) => number = raiseHere): void {
  const { relays, all } = openFilesNeeded(config);
  const allowed = raise(all);
  const remedy = `allow ${all} (\`ulimit -n ${all}\`, or LimitNOFILE=${all} in the systemd unit), or lower limits.allocations and limits.connections`;
  if (allowed < relays) {
    throw new OperatorError(
      'SALLYPORT_TOO_FEW_FILES',
      `the configured limits need ${all} open files, and this process may have ${allowed}`,
      remedy,
    );
  }
  if (allowed < all)
    log.warn({ needed: all, allowed }, `not all configured connections may be open at once: ${remedy}`);
}

/** The same for a process of the Access Edge alone, which has connections and no relays. */
export function allowSignIns({ limits }: Config, log: Logger, raise: (wanted: number) => number = raiseHere): void {
  const needed = OTHERS + limits.connections;
  const allowed = raise(needed);
  const remedy = `allow ${needed} (\`ulimit -n ${needed}\`, or LimitNOFILE=${needed} in the systemd unit), or lower limits.connections`;
  if (allowed < needed) log.warn({ needed, allowed }, `not all users may sign in at once: ${remedy}`);
}

function raiseHere(wanted: number): number {
  const native = loadNative();
  return typeof native === 'string' ? wanted : raiseOpenFiles(native.libc, wanted); // elsewhere the system has to speak for itself
}
