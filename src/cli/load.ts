import { Command } from 'commander';
import { OperatorError } from '../control/index.ts';
import { echoAt, LoadRun } from '../load/index.ts';
import { formatAddress } from '../wire/index.ts';
import { address, type LoadFlags, loadOptions, whole } from './load-options.ts';
import { LoadProgress } from './load-progress.ts';
import { loadTable } from './load-table.ts';

const HELP = `
SERVER is turn:HOST[:PORT][?transport=tcp], turns:HOST[:PORT] or HOST:PORT. TLS certificates are not verified.

What each client sends, one of:
  --in-flight K     closed loop: K datagrams under way, each that comes back is followed by the next (the default, with K = 1)
  --rate PPS        so many datagrams a second
  --audio           a call's audio: 50 datagrams of 172 bytes a second
  --video MBIT      video: trains of 1200-byte datagrams, 30 a second
  --churn           no datagrams: allocations are made and ended, again and again
  --idle            no datagrams: allocations are made and kept

Peers are sockets of the generator itself, at the address it reaches the server from. The server must permit that address:
for loopback, sallyport wants external.peers.allow: [127.0.0.0/8], and coturn --allow-loopback-peers.

Examples:
  sallyport load turn:127.0.0.1 --user alice --password wonderland
                          10 clients, one datagram each under way, for 10 seconds: delay at no load
  sallyport load turn:127.0.0.1 --secret north-wind --clients 10 --in-flight 16 --pid $(pgrep -o turnserver)
                          as much as it can carry, and what a datagram costs it
  sallyport load turn:192.0.2.10 --secret north-wind --clients 1000 --audio --seconds 60
                          1000 calls' audio for a minute: loss, delay, jitter
  sallyport load turns:turn.example.com:443 --user alice --password wonderland --clients 10 --video 2 --direction down
                          video towards 10 clients that came over TLS
  sallyport load turn:192.0.2.10 --secret north-wind --clients 100 --churn --json | jq .churn.allocationsPerSecond
  sallyport load turn:192.0.2.10 --secret north-wind --clients 10000 --idle --pid 4711
                          what 10,000 allocations take of memory
  sallyport load --serve-peer 192.0.2.77:4000
                          only the echo, on another machine; load then with --peer 192.0.2.77:4000

The generator's own use of a core is in the table: beyond 90 % it may be what you measure. Ctrl-C ends the run, releases the
allocations and prints what was measured; a second one ends at once.
`;

interface Flags extends LoadFlags {
  readonly json?: boolean;
  readonly servePeer?: string;
}

export function loadCommand(): Command {
  return new Command('load')
    .description('load a TURN server, ours or any other, and measure loss, delay and cost')
    .argument('[server]', 'such as turn:192.0.2.10 or turns:host:443')
    .option('-u, --user <name>', 'of a static user; with --secret, the name in the time-limited one (default: load)')
    .option('-p, --password <password>', "the static user's")
    .option('-s, --secret <secret>', 'make a time-limited credential (TURN REST) with it')
    .option('-n, --clients <n>', 'clients, each with a socket or connection of its own', '10')
    .option('--in-flight <k>', 'closed loop, K datagrams under way per client')
    .option('--rate <pps>', 'datagrams a second per client')
    .option('--audio', '50 datagrams of 172 bytes a second per client')
    .option('--video <mbit>', 'trains of datagrams, 30 a second, at so many Mbit/s per client')
    .option('--churn', 'make and end allocations, one at a time per client')
    .option('--idle', 'make allocations and keep them')
    .option('--size <bytes>', 'of a payload, 16 to 1472 (default: 172, or 1200 for --video)')
    .option('--direction <way>', 'up, down or echo', 'echo')
    .option('--indications', 'Send and Data indications instead of channels')
    .option('--gso', 'send a train as one message, and receive so (UDP_SEGMENT, UDP_GRO)')
    .option('-t, --seconds <s>', 'how long to measure', '10')
    .option('--count <n>', 'end after so many datagrams, or allocations with --churn')
    .option('--warmup <s>', 'how long to run before measuring', '0.5')
    .option('--pid <pid>', "the server's process on this machine: adds its processor time and memory")
    .option('--from <ip>', "the clients' address here")
    .option('--peer-address <ip[:port]>', "our peers' address here")
    .option('--peers <n>', 'how many peers of ours there are', '1')
    .option('--peer <ip:port>', 'a peer elsewhere that echoes')
    .option('--spin', 'look at the clock without pause: finer pacing, for a whole core')
    .option('--setup-in-flight <n>', 'allocations made at the same time', '64')
    .option('--no-allocate', 'send ChannelData at once: for measuring a forwarder that knows no TURN')
    .option('--serve-peer <ip:port>', 'only be an echo there')
    .option('--per-client', 'with --json: what each client sent and received, and its relayed address')
    .option('--json', 'the figures as JSON')
    .addHelpText('after', HELP)
    .action(load);
}

async function load(server: string | undefined, flags: Flags): Promise<void> {
  if (flags.servePeer !== undefined) return servePeer(flags.servePeer, flags.peers);
  if (server === undefined) {
    throw new OperatorError('SALLYPORT_USAGE', 'no server is named', 'sallyport load turn:192.0.2.10 ...');
  }
  const options = await loadOptions(server, flags, Math.floor(Date.now() / 1000));
  const progress = flags.json || !process.stderr.isTTY ? undefined : new LoadProgress(process.stderr, options.seconds);
  const interruption = new AbortController();
  const interrupt = () => (interruption.signal.aborted ? process.exit(130) : interruption.abort());
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const run = new LoadRun(options, {
      signal: interruption.signal,
      onProgress: (phase, meter) => progress?.show(phase, meter),
    });
    const report = await run.run();
    progress?.clear();
    console.log(flags.json ? JSON.stringify(report, null, 2) : loadTable(report));
    if (report.setup.failed > 0 || report.traffic?.received === 0) process.exitCode = 1;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function servePeer(text: string, count: string): Promise<void> {
  const echo = await echoAt(address(text, '--serve-peer'), whole(count, '--peers', 1, 1_000));
  console.log(`echo at ${echo.addresses.map(formatAddress).join(', ')}; ctrl-C ends it`);
  await new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  echo.close();
  console.log(`${echo.echoed()} datagrams sent back`);
}
