import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { ListenerState } from '../../topology/doctor/index.ts';
import { familyOf, formatIp, type IpAddress } from '../../wire/index.ts';
import { portOwner } from '../port-owner.ts';

export interface PortState {
  readonly state: ListenerState;
  readonly owner?: string | undefined;
}

/** Whether a port can be had: opened for a moment, as the edge would. */
export async function isTakenBy(transport: 'udp' | 'tcp', address: IpAddress, port: number): Promise<PortState> {
  const code = await (transport === 'udp' ? bindUdp(address, port) : bindTcp(address, port));
  switch (code) {
    case undefined:
      return { state: 'free' };
    case 'EADDRINUSE':
      return { state: 'taken', owner: portOwner(transport, port) };
    case 'EACCES':
    case 'EPERM':
      return { state: 'forbidden' };
    case 'EADDRNOTAVAIL':
      return { state: 'address-missing' };
    default:
      return { state: 'failed' };
  }
}

function bindUdp(address: IpAddress, port: number): Promise<string | undefined> {
  const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6');
  return new Promise(resolve => {
    socket.once('error', (error: NodeJS.ErrnoException) => socket.close(() => resolve(error.code ?? 'unknown')));
    socket.bind(port, formatIp(address), () => socket.close(() => resolve(undefined)));
  });
}

function bindTcp(address: IpAddress, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, host: formatIp(address), exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
