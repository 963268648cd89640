import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import {
  familyOf,
  formatIp,
  type IpAddress,
  ipv4,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import { conformance } from '../conformance.ts';
import type { EngineSettings } from '../engine.ts';
import type { SocketEngine } from '../socket-engine.ts';
import { type Host, type Rig, Stage, text } from './stage.ts';
import { tcpRelays } from './tcp-relays.ts';

const LOOPBACK = { 4: parseIp('127.0.0.1')!, 6: parseIp('::1')! };

type NewEngine = (settings: Omit<EngineSettings, 'random'>) => SocketEngine;

/** What only real sockets can show. Together with the conformance suite, it is what an engine over sockets passes. */
export function overLoopback(name: string, rig: () => Rig): void {
  conformance(name, rig);
  for (const family of [4, 6] as const) describe(`${name}, IPv${family}, TCP`, () => tcpRelays(rig, family));

  test('a send that the kernel refuses is counted, and the relay goes on', async () => {
    const stage = await Stage.start(rig());
    const { relay } = await stage.relay();
    const peer = await stage.host();
    const everybody = withPort(ipv4(-1), 9); // 255.255.255.255 needs SO_BROADCAST
    for (const { w0, w1, w2, w3, port } of [everybody, peer.address]) {
      stage.engine.permit(relay, { w0, w1, w2, w3 });
      stage.engine.toPeer(relay, withPort({ w0, w1, w2, w3 }, port), text('x'), 0, 1);
    }
    await stage.rig.until(() => stage.drops('send-error') === 1 && peer.received.length === 1);
    await stage.rig.close();
  });

  test('every datagram of a burst is received: the listener has the large buffer it asked for, or what the system grants', async () => {
    const stage = await Stage.start(rig());
    const host = await stage.host();
    const burst = 150;
    for (let i = 0; i < burst; i++) host.send(stage.listener, new Uint8Array(1000));
    await stage.rig.until(() => stage.arrivals.length === burst);
    await stage.rig.close();
  });
}

/** An engine on this machine's loopback, and hosts with sockets of node:dgram. `openSockets` tells how many sockets the engine left open. */
export function loopbackRig(newEngine: NewEngine, openSockets: () => number = () => 0): Rig {
  const engines: SocketEngine[] = [];
  const hosts: Host[] = [];
  const rig: Rig = {
    engine(upcalls, relayPorts, own) {
      const engine = newEngine({ upcalls, relayPorts, own });
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
