import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Two free neighbouring UDP ports: programs that echo RTP and RTCP take both. Drawn below the ephemeral range, so nobody slips in. */
export async function freePortPair(address: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + 2 * Math.floor(Math.random() * 5_000);
    if ((await isFree(address, port)) && (await isFree(address, port + 1))) return port;
  }
  throw new Error(`no free pair of ports on ${address}`);
}

export async function isFree(address: string, port: number): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise(resolve => {
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}

/** A free TCP port, below the ephemeral range and so in no relay range either. */
export async function freeTcpPort(address = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 30_000 + Math.floor(Math.random() * 2_700);
    if (await canListen(address, port)) return port;
  }
  throw new Error(`no free TCP port on ${address}`);
}

function canListen(address: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
