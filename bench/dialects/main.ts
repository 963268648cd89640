/**
 * CPU time per relayed datagram on our edge: ChannelData beside the Microsoft dialect's bare datagrams and its Send requests, which are
 * each signed: `node bench/dialects/main.ts [--engine mmsg] [--rounds N] [--seconds N] [--write]`. They take turns, each on a fresh edge
 * on CPU 0 with the load on CPU 1; a ratio compares values of one round. `--write` puts the table into docs/performance.md. Linux.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { writeToPage } from '../page.ts';
import { choosePins, pinned } from '../relay/pins.ts';
import { SERVER_IP, startServer } from '../relay/servers.ts';
import { ratiosOf, spreadOf } from '../relay/statistics.ts';

const LOAD = join(import.meta.dirname, 'load.ts');
const WARM_UP_SECONDS = 1;
const VIAS = {
  channel: 'ChannelData',
  'ms-bare': 'Microsoft, active destination: bare',
  'ms-send': 'Microsoft, Send request and Data Indication',
} as const;
type Via = keyof typeof VIAS;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'mmsg' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
const engine = values.engine === 'dgram' ? 'dgram' : 'mmsg';
const rounds = Number(values.rounds);
const pins = choosePins();
const micros: Record<Via, number[]> = { channel: [], 'ms-bare': [], 'ms-send': [] };
const vias = Object.keys(VIAS) as Via[];

for (let round = 0; round < rounds; round++) {
  for (const via of round % 2 === 0 ? vias : vias.toReversed()) {
    micros[via].push(await measure(via));
    process.stderr.write(`round ${round + 1}, ${VIAS[via]}: ${micros[via].at(-1)!.toFixed(2)} µs\n`);
  }
}
const rows = vias.map(via => {
  const { median, least, most } = spreadOf(micros[via])!;
  const ratio = ratiosOf(micros[via], micros.channel)!;
  const times = `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`;
  return `| ${VIAS[via]} | **${median.toFixed(2)}** (${least.toFixed(2)}–${most.toFixed(2)}) | ${times} |`;
});
const head = '| datagrams by | CPU µs per datagram | times ChannelData |\n|---|---|---|';
const text = `${head}\n${rows.join('\n')}\n\nThe engine \`${engine}\`, 10 allocations × 16 in flight, ${rounds} rounds of ${values.seconds} s.`;
process.stdout.write(`${text}\n`);
if (values.write) writeToPage('bench:dialects', text);

async function measure(via: Via): Promise<number> {
  const [udp, tls] = [await freePortPair(SERVER_IP), await freePortPair(SERVER_IP)];
  const server = await startServer(engine, { udp, tls }, pins);
  try {
    const options = { port: udp, pid: server.pid, via, allocations: 10, 'in-flight': 16 };
    const all = { ...options, 'warm-up': WARM_UP_SECONDS, seconds: values.seconds };
    const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const [program = '', ...args] = pinned([process.execPath, LOAD, ...flags], pins.generator);
    return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })).microsPerDatagram;
  } finally {
    await server.stop();
  }
}
