import { type Config, OperatorError } from '../control/index.ts';
import { loadNative, raiseOpenFiles } from '../native/index.ts';

/** Listeners, the admin's connections, and what node and its libraries have open. */
const OTHERS = 256;

/** Every relay and every connection is an open file: as many as the limits let clients have. */
export function openFilesNeeded({ external, relayPorts, limits }: Config): number {
  const ports = external.addresses.length * (relayPorts.last - relayPorts.first + 1);
  const relays = Math.min(ports, limits.allocations * external.addresses.length);
  return relays + (external.tcp.length > 0 ? limits.connections : 0) + OTHERS;
}

/** Lets this process open as many files as its limits promise to clients, or says which number the system has to allow. */
export function allowOpenFiles(config: Config): void {
  const native = loadNative();
  if (typeof native === 'string') return; // elsewhere the system's own messages have to do
  const needed = openFilesNeeded(config);
  const allowed = raiseOpenFiles(native.libc, needed);
  if (allowed >= needed) return;
  throw new OperatorError(
    'SALLYPORT_TOO_FEW_FILES',
    `the configured limits need ${needed} open files, and this process may have ${allowed}`,
    `allow ${needed} (\`ulimit -n ${needed}\`, or LimitNOFILE=${needed} in the systemd unit), or lower limits.allocations and limits.connections`,
  );
}
