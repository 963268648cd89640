/**
 * One closed-loop load on one relay, in a process of its own: allocations that each keep some datagrams in flight to an echoing peer, over
 * ChannelData or in the Microsoft dialect. Prints one JSON line. Run by `main.ts`:
 * `node bench/dialects/load.ts --port N --pid N --allocations N --in-flight N --via VIA --warm-up SECONDS --seconds SECONDS`.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHANNEL_HEADER, parseIp, type TransportAddress, withPort, writeChannelHeader } from '../../src/wire/index.ts';
import { pause } from '../../test/testkit/program.ts';
import { overUdp, type TestPath, TurnTestClient } from '../../test/testkit/turn-client.ts';
import { msClient, msSetActive } from './ms-flow.ts';

const ADDRESS = '127.0.0.1';
const CHANNEL = 0x4000;
/** 20 ms of G.711 in RTP. */
const PAYLOAD = 172;
/** A flow that heard nothing for this long has lost what it had in flight. */
const LOST_MILLIS = 300;
const AT_ONCE = 20;

interface Flow {
  /** The next datagram to send. */
  readonly next: () => Uint8Array;
  readonly path: TestPath;
  received: number;
  heardAt: number;
}

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    pid: { type: 'string' },
    allocations: { type: 'string' },
    'in-flight': { type: 'string' },
    via: { type: 'string' },
    'warm-up': { type: 'string' },
    seconds: { type: 'string' },
  },
});
const [port, pid, allocations] = [Number(values.port), Number(values.pid), Number(values.allocations)];
const [inFlight, warmUp, seconds] = [Number(values['in-flight']), Number(values['warm-up']), Number(values.seconds)];

const payload = new Uint8Array(PAYLOAD).fill(0x80);
const datagram = new Uint8Array(CHANNEL_HEADER + PAYLOAD);
writeChannelHeader(datagram, CHANNEL_HEADER, CHANNEL, PAYLOAD);
let lost = 0;

const echo = await startEcho();
const flows: Flow[] = [];
while (flows.length < allocations) {
  const more = Math.min(AT_ONCE, allocations - flows.length);
  flows.push(...(await Promise.all(Array.from({ length: more }, () => openFlow(echo.address().port)))));
}
for (const flow of flows) fill(flow);
const watch = setInterval(refill, LOST_MILLIS / 3);
await pause(warmUp * 1000);
const measured = await measure();
clearInterval(watch);
for (const flow of flows) flow.path.onMessage = () => {};
await pause(LOST_MILLIS); // what is still in flight
process.stdout.write(`${JSON.stringify(measured)}\n`);
await Promise.all(flows.map(flow => flow.path.close()));
echo.close();

/** Every echo that came back was relayed twice. */
async function measure() {
  const before = snapshot();
  await pause(seconds * 1000);
  const after = snapshot();
  const datagrams = 2 * (after.received - before.received);
  return { microsPerDatagram: (after.relayNanos - before.relayNanos) / 1000 / datagrams, datagrams, lost };
}

function snapshot() {
  return { relayNanos: cpuNanosOf(pid), received: flows.reduce((sum, flow) => sum + flow.received, 0) };
}

/** Nanoseconds a process has run, all threads together, the kernel's work for it included, as the scheduler counted them. */
function cpuNanosOf(process: number): number {
  return readdirSync(`/proc/${process}/task`)
    .map(thread => Number(readFileSync(`/proc/${process}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}

async function startEcho() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  socket.bind(0, ADDRESS);
  await once(socket, 'listening');
  return socket;
}

async function openFlow(peerPort: number): Promise<Flow> {
  const path = await overUdp(port, ADDRESS);
  const next = await opened(path, withPort(parseIp(ADDRESS)!, peerPort));
  const flow = { next, path, received: 0, heardAt: performance.now() };
  path.onMessage = () => {
    flow.received++;
    flow.heardAt = performance.now();
    path.send(next());
  };
  return flow;
}

/** What the flow sends, once the relay lets it. */
async function opened(path: TestPath, peer: TransportAddress): Promise<() => Uint8Array> {
  if (values.via === 'channel') return channelTo(path, peer);
  const talker = await msClient(path);
  if (values.via === 'ms-send') return () => talker.send(peer, payload);
  await msSetActive(path, talker, peer);
  return () => payload;
}

async function channelTo(path: TestPath, peer: TransportAddress): Promise<() => Uint8Array> {
  const client = new TurnTestClient(path);
  await client.relayed({ lifetimeSeconds: 600 });
  const bound = await client.bind(CHANNEL, peer);
  if (!bound.isSuccess) throw new Error(`ChannelBind: ${bound.summary}`);
  return () => datagram;
}

function fill({ path, next }: Flow): void {
  for (let i = 0; i < inFlight; i++) path.send(next());
}

function refill(): void {
  const since = performance.now() - LOST_MILLIS;
  for (const flow of flows.filter(one => one.heardAt < since)) {
    lost += inFlight;
    flow.heardAt = performance.now();
    fill(flow);
  }
}
