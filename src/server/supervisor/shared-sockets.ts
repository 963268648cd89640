import { boundTo, type Native, openTcp, openUdp } from '../../native/index.ts';
import { familyOf, type TransportAddress, withPort } from '../../wire/index.ts';
import { BACKLOG, type ListeningSocket, notListening } from '../listeners/listeners.ts';

/** One listener of the edge: a socket for each worker, all bound to the same address and port. */
export interface SharedSocket {
  readonly transport: 'udp' | 'tcp';
  readonly address: TransportAddress;
  readonly descriptors: readonly number[];
}

/**
 * Opens every listener once per worker, with SO_REUSEPORT, and never closes one while the edge runs. So the kernel's choice among them
 * never changes: when a worker dies its clients' datagrams wait in its socket for the replacement, and nobody else's are moved.
 * Throws an OperatorError, with nothing left open, when one can't be had.
 */
export function openShared(native: Native, wanted: readonly ListeningSocket[], workers: number): SharedSocket[] {
  const opened: SharedSocket[] = [];
  for (const { transport, address, device } of wanted) {
    try {
      opened.push(openGroup(native, transport, address, device, workers));
    } catch (cause) {
      closeShared(native, opened);
      throw notListening(cause, transport, address);
    }
  }
  return opened;
}

export function closeShared({ libc }: Native, sockets: readonly SharedSocket[]): void {
  for (const { descriptors } of sockets) for (const descriptor of descriptors) libc.close(descriptor);
}

function openGroup(
  { libc }: Native,
  transport: 'udp' | 'tcp',
  wanted: TransportAddress,
  device: string | undefined,
  workers: number,
): SharedSocket {
  const family = familyOf(wanted);
  const open = (at: TransportAddress, reusePort: boolean) =>
    transport === 'udp'
      ? openUdp(libc, at, { family, reusePort, device })
      : openTcp(libc, at, { family, reusePort, device, backlog: reusePort ? BACKLOG : undefined });
  // Another edge that shares its port would share it with us too, and take half of our clients: nobody may have it now.
  libc.close(open(wanted, false));
  const descriptors: number[] = [];
  let address = wanted;
  try {
    for (let i = 0; i < workers; i++) {
      descriptors.push(open(address, true));
      address = withPort(wanted, boundTo(libc, descriptors[0]!).port);
    }
  } catch (error) {
    for (const descriptor of descriptors) libc.close(descriptor);
    throw error;
  }
  return { transport, address, descriptors };
}
