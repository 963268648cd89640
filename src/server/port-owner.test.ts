import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { portOwner } from './port-owner.ts';

const isLinux = process.platform === 'linux';

test.runIf(isLinux).each(['127.0.0.1', '::1', '0.0.0.0'])('a TCP listener on %s names its process', async host => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(portOwner('tcp', port)).toContain(`(pid ${process.pid})`);
  expect(portOwner('udp', port)).toBeUndefined();
  server.close();
  await once(server, 'close');
  expect(portOwner('tcp', port)).toBeUndefined();
});

test.runIf(isLinux).each(['127.0.0.1', '::1'])('a UDP socket on %s names its process', async host => {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(0, host);
  await once(socket, 'listening');
  expect(portOwner('udp', socket.address().port)).toContain(`(pid ${process.pid})`);
  socket.close();
});
