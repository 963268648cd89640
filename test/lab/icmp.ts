import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEdge } from '../../src/index.ts';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  METHODS,
  MessageView,
  MessageWriter,
  parseIp,
  readIcmp,
  readXorAddressAt,
  sameIp,
  type TransportAddress,
  withPort,
} from '../../src/wire/index.ts';
import { overUdp, TurnTestClient } from '../testkit/turn-client.ts';

/*
 * Run by icmp.test.ts in a network namespace of its own: an edge and its client here; over a cable, in a second namespace, a machine on
 * which nothing listens, and which is the router to a network where 1300 bytes fit. Prints what the client was told, as JSON.
 */
const family = process.argv[2] === '6' ? 6 : 4;
const net =
  family === 4
    ? { here: '10.9.1.1', peer: '10.9.1.2', far: '10.9.2.9', router: '10.9.2.1', bits: '24' }
    : {
        here: 'fd09:1::1',
        peer: 'fd09:1::2',
        far: 'fd09:2::9',
        router: 'fd09:2::1',
        bits: '64',
      };
const CLOSED = withPort(parseIp(net.peer)!, 4_000);
const FAR = withPort(parseIp(net.far)!, 4_001);

const NAMES = [
  ['closed port', CLOSED],
  ['far network', FAR],
] as const;

/** The process whose namespace the other machine is. */
const other = spawn('unshare', ['--net', 'sh', '-c', 'echo && exec sleep 60'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(other.stdout, 'data');
try {
  cable();
  const edge = await createEdge({
    external: { address: net.here, udp: 0, tcp: [], peers: { allow: [`${net.peer}`, `${net.far}`] } },
    credentials: { users: { alice: 'wonderland' } },
    limits: { allocations: 100 },
    engines: ['mmsg'],
  });
  const client = new TurnTestClient(await overUdp(edge.ports.udp[0]!, net.here));
  process.stdout.write(JSON.stringify(await toldTo(client)));
  await client.close();
  await edge.close();
} finally {
  other.kill('SIGKILL');
}

/** Two machines on one cable; the other one knows a second network, on an interface that carries 1300 bytes. */
function cable(): void {
  const run = (command: string) => execFileSync('sh', ['-c', command]);
  const there = (command: string) => run(`nsenter --net --target ${other.pid} ${command}`);
  const address = (ip: string, on: string) =>
    `ip address add ${ip}/${net.bits} dev ${on}${family === 6 ? ' nodad' : ''}`;
  run('ip link set lo up');
  run(`ip link add here type veth peer name there netns ${other.pid}`);
  run(address(net.here, 'here'));
  run('ip link set here up');
  there('ip link set lo up');
  there(address(net.peer, 'there'));
  there('ip link set there up');
  there('ip link add far mtu 1300 type veth peer name beyond');
  there(address(net.router, 'far'));
  there('ip link set far up');
  there('ip link set beyond up');
  there(`sh -c 'echo 1 > /proc/sys/net/${family === 4 ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding'}'`);
  run(`ip route add ${net.far} via ${net.peer}`);
}

/** What comes back by indication and by channel from a closed port, and for what may not be cut and is too long for the far network. */
async function toldTo(client: TurnTestClient): Promise<unknown[]> {
  const told: unknown[] = [];
  const { onMessage } = client.path;
  client.path.onMessage = bytes => {
    const error = errorIn(bytes);
    if (error === undefined) onMessage(bytes);
    else told.push(error);
  };
  const until = async (count: number) => {
    for (let i = 0; told.length < count && i < 200; i++) await sleep(10);
  };
  await client.relayed({ family });
  await client.permit(CLOSED, FAR);
  client.indicate(CLOSED, Buffer.from('is anybody there'));
  await until(1);
  await client.bind(0x4001, CLOSED);
  client.sendOn(0x4001, Buffer.from('still nobody'));
  await until(2);
  client.path.send(undivided(FAR, new Uint8Array(1_350)));
  await until(3);
  return told;
}

/** A Send indication whose payload has to go whole (RFC 8656 §18.7). */
function undivided(peer: TransportAddress, payload: Uint8Array): Uint8Array {
  const w = new MessageWriter(new Uint8Array(2_048), 0, METHODS.Send, CLASSES.indication, new Uint8Array(12));
  return w.xorAddress(ATTRIBUTES.XorPeerAddress, peer).raw(ATTRIBUTES.DontFragment, []).raw(ATTRIBUTES.Data, payload)
    .message;
}

function errorIn(bytes: Uint8Array) {
  const view = new MessageView();
  if (view.read(bytes, 0, bytes.length) !== 'ok' || !view.has(ATTRIBUTES.Icmp)) return undefined;
  const peer = new AddressBuffer();
  readXorAddressAt(view, view.find(ATTRIBUTES.XorPeerAddress), peer);
  return {
    isDataIndication: view.method === METHODS.Data && view.class === CLASSES.indication,
    hasData: view.has(ATTRIBUTES.Data),
    about: NAMES.find(([, one]) => sameIp(one, peer) && one.port === peer.port)?.[0],
    ...readIcmp(view, view.find(ATTRIBUTES.Icmp)),
  };
}
