import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MmsgEngine, type Upcalls } from '../../src/dataplane/index.ts';
import { formatAddress, parseIp, type RelayId, type TransportAddress, withPort } from '../../src/wire/index.ts';

/*
 * Run by small-mtu.test.ts in a network namespace whose loopback carries 1400 bytes: what a relay does with datagrams that are longer.
 * Prints one JSON object.
 */
const family = process.argv[2] === '6' ? 6 : 4;
const ip = parseIp(family === 4 ? '127.0.0.1' : '::1')!;
const RELAY = 0 as RelayId;
const errors: string[] = [];
const opened: TransportAddress[] = [];

const upcalls: Upcalls = {
  fromClient: client => engine.openRelay({ relay: RELAY, client: client.id, ip, port: 'any', dontFragment: false }),
  fromPeer: () => {},
  relayOpened: (_, address) => opened.push(address),
  relayFailed: (_, why) => errors.push(why),
  relayError: (_, to, type, code, data) => errors.push(`${formatAddress(to)} ${type}/${code} ${data}`),
};
const engine = MmsgEngine.start({
  relayPorts: { first: 20_000, last: 20_100 },
  random: randomInt,
  upcalls,
}) as MmsgEngine;
const listener = await engine.listen(withPort(ip, 0));

const host = createSocket(family === 4 ? 'udp4' : 'udp6');
const received: number[] = [];
host.on('message', bytes => received.push(bytes.length));
host.bind(0, family === 4 ? '127.0.0.1' : '::1');
await once(host, 'listening');
const peer = withPort(ip, host.address().port);

async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; !isDone() && i < 500; i++) await sleep(2);
}

host.send('\0allocate', listener.port, family === 4 ? '127.0.0.1' : '::1');
await until(() => opened.length === 1);
engine.permit(RELAY, ip);

const bytes = new Uint8Array(3000);
engine.toPeer(RELAY, peer, bytes, 0, 1500, true);
await until(() => errors.length === 1);
engine.toPeer(RELAY, peer, bytes, 0, 1501, false);
await until(() => received.length === 1);
engine.toPeer(RELAY, peer, bytes, 0, 100, true);
await until(() => received.length === 2);
const single = received.splice(0);

// A run of these can't be cut by the kernel: each would have to be fragmented.
for (let round = 0; round < 2; round++) {
  for (let i = 0; i < 10; i++) engine.toPeer(RELAY, peer, bytes, 0, 1390);
  await until(() => received.length === 10 * (round + 1));
}
const { drops } = engine.counters();
await engine.close();
host.close();
const told = errors.map(error => error.replace(formatAddress(peer), 'peer'));
process.stdout.write(JSON.stringify({ errors: told, single, run: received, drops: drops['send-error'] }));
