import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MmsgEngine, type Upcalls } from '../../src/dataplane/index.ts';
import { parseIp, type RelayId, withPort } from '../../src/wire/index.ts';

/*
 * Run by full-socket.test.ts in a network namespace with a cable on which nobody answers: what is sent there waits for a neighbour that
 * does not exist, in the socket's own buffer, until that is full. Prints one JSON object.
 */
const DATAGRAMS = 2_000;
const HERE = parseIp('127.0.0.1')!;
const NOBODY = withPort(parseIp('10.9.1.2')!, 4_000);
const [FULL, OTHER] = [0 as RelayId, 1 as RelayId];

const opened = new Set<RelayId>();
const upcalls: Upcalls = {
  fromClient: client => {
    engine.openRelay({ relay: FULL, client: client.id, ip: parseIp('10.9.1.1')!, port: 'any', dontFragment: false });
    engine.openRelay({ relay: OTHER, client: client.id, ip: HERE, port: 'any', dontFragment: false });
  },
  fromPeer: () => {},
  relayOpened: relay => opened.add(relay),
  relayFailed: (_, why) => {
    throw new Error(why);
  },
};
const engine = MmsgEngine.start({
  relayPorts: { first: 20_000, last: 20_100 },
  random: randomInt,
  upcalls,
}) as MmsgEngine;
const { port } = await engine.listen(withPort(HERE, 0));
const host = createSocket('udp4');
let received = 0;
host.on('message', () => received++);
host.bind(0, '127.0.0.1');
await once(host, 'listening');

async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; !isDone() && i < 500; i++) await sleep(2);
}

host.send('\0allocate', port, '127.0.0.1');
await until(() => opened.size === 2);
engine.permit(FULL, NOBODY);
engine.permit(OTHER, HERE);

const began = performance.now();
const bytes = new Uint8Array(1_200);
for (let i = 0; i < DATAGRAMS; i++) {
  engine.toPeer(FULL, NOBODY, bytes, 0, 100 + (i % 1_000));
  if (i % 200 === 0) await sleep(0);
}
const millis = performance.now() - began;
engine.toPeer(OTHER, withPort(HERE, host.address().port), bytes, 0, 100);
await until(() => received === 1);
const { drops } = engine.counters();
await engine.close();
host.close();
process.stdout.write(
  JSON.stringify({ full: drops['send-queue-full'], errors: drops['send-error'], others: received, millis }),
);
