import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, formatIp, type IpAddress, parseIp, type TransportAddress, withPort } from '../../wire/index.ts';
import type { Upcalls } from '../engine.ts';
import type { SocketEngine } from '../socket-engine.ts';
import type { Host, Rig } from './stage.ts';

const LOOPBACK = { 4: parseIp('127.0.0.1')!, 6: parseIp('::1')! };

type NewEngine = (upcalls: Upcalls, relayPorts: { first: number; last: number }) => SocketEngine;

/** An engine on this machine's loopback, and hosts with sockets of node:dgram. `openSockets` tells how many sockets the engine left open. */
export function loopbackRig(newEngine: NewEngine, openSockets: () => number = () => 0): Rig {
  const engines: SocketEngine[] = [];
  const hosts: Host[] = [];
  const rig: Rig = {
    engine(upcalls, relayPorts) {
      const engine = newEngine(upcalls, relayPorts);
      engines.push(engine);
      return engine;
    },
    ip: family => LOOPBACK[family],
    async host(address) {
      const host = await openHost(address);
      if (host !== 'in-use') hosts.push(host);
      return host;
    },
    async until(isDone) {
      for (let i = 0; !isDone() && i < 2000; i++) await sleep(1);
      if (!isDone()) throw new Error('it never happened');
    },
    async close() {
      for (const engine of engines) await engine.close();
      for (const host of hosts) await host.close();
      await rig.until(() => openSockets() + socketsOfNode() === 0); // node counts a closed one for another turn or two
    },
  };
  return rig;
}

function openHost(at: TransportAddress): Promise<Host | 'in-use'> {
  const socket = createSocket({ type: familyOf(at) === 4 ? 'udp4' : 'udp6', recvBufferSize: 1 << 20 });
  const received: Host['received'] = [];
  socket.on('message', (bytes, { address, port }) => {
    received.push({ from: withPort(parseIp(address) as IpAddress, port), bytes: new Uint8Array(bytes) });
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE') resolve('in-use');
      else reject(error);
    });
    socket.bind(at.port, formatIp(at), () => {
      resolve({
        address: withPort(at, socket.address().port),
        received,
        send: (to, bytes) => socket.send(bytes, to.port, formatIp(to)),
        close: () => new Promise(done => socket.close(() => done())),
      });
    });
  });
}

function socketsOfNode(): number {
  return process.getActiveResourcesInfo().filter(name => name.startsWith('UDP')).length;
}
