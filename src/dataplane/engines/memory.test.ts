import { expect } from 'vitest';
import { dice, VirtualClock } from '../../../test/testkit/index.ts';
import { ipv4, type TransportAddress } from '../../wire/index.ts';
import { conformance, type Host, type Rig } from '../conformance.ts';
import type { SocketEngine } from '../socket-engine.ts';
import { MemoryEngine } from './memory.ts';
import { SimulatedNetwork } from './memory-network.ts';

const V4 = ipv4(0xc0000201);
const V6 = { w0: 0x20010db8, w1: 0, w2: 0, w3: 0x10 };

conformance('memory', () => {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, dice(1));
  network.addHost(V4);
  network.addHost(V6);
  const engines: SocketEngine[] = [];
  const hosts: Host[] = [];

  const rig: Rig = {
    engine(upcalls, relayPorts, own) {
      const engine = new MemoryEngine({ upcalls, relayPorts, random: dice(2), network, own });
      engines.push(engine);
      return engine;
    },
    ip: family => (family === 4 ? V4 : V6),
    async host(address) {
      const host = openHost(network, address);
      if (host !== 'in-use') hosts.push(host);
      return host;
    },
    async until(isDone) {
      for (let i = 0; !isDone() && i < 100; i++) clock.advance(1);
      if (!isDone()) throw new Error('it never happened');
    },
    async close() {
      for (const engine of engines) await engine.close();
      for (const host of hosts) await host.close();
      clock.settle();
      expect(network.openSockets).toBe(0);
    },
  };
  return rig;
});

function openHost(network: SimulatedNetwork, address: TransportAddress): Host | 'in-use' {
  const received: Host['received'] = [];
  const socket = network.open(address, (from, bytes) => received.push({ from, bytes }));
  if (typeof socket === 'string') return 'in-use';
  return {
    address: socket.address,
    received,
    send: (to, bytes) => socket.send(to, bytes),
    close: async () => socket.close(),
  };
}
