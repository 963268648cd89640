import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/* Run by ping-pong.ts: a client and a peer that send back whatever they get, after the client has named the peer's port. */
const listener = Number(process.argv[2]);
const client = await echo();
const peer = await echo();
const { port } = peer.address();
client.send(Uint8Array.of(0, port >> 8, port & 255), listener, '127.0.0.1');

async function echo(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
