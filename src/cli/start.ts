import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { embeddedConfig } from '../control/config/index.ts';
import type { Config } from '../control/index.ts';
import {
  Edge,
  type Logger,
  makeLog,
  type RunningEdge,
  readConfigFile,
  type Summary,
  startEdge,
} from '../server/index.ts';

interface StartOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const HELP = `
Without --config an edge runs on 127.0.0.1 for you to try: UDP and TCP 3478, TLS 5349, admin and call page on 8080,
secrets made for this run only. With --config, logs are JSON lines on standard output.

SIGTERM and SIGINT end every allocation, close every port and exit with 0. SIGHUP reads the certificate files again.
`;

export function startCommand(): Command {
  return new Command('start')
    .description('run the edge')
    .option('-c, --config <file>', 'YAML or JSON; without it, an edge on loopback to try')
    .option('--json', 'without --config: print what there is to paste as one JSON object')
    .addHelpText('after', HELP)
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const embedded = options.config === undefined;
  const config = options.config === undefined ? embeddedForThisRun() : readConfigFile(options.config);
  // To try it, people want a page to read, not log lines: those go to standard error and only when something is wrong.
  const log = embedded ? makeLog('warn', process.stderr) : makeLog(config.log.level);
  const edge = embedded ? await Edge.start(config, { log }) : await startEdge(config, log);
  if (embedded) console.log(options.json ? JSON.stringify(welcome(edge), null, 2) : welcomeText(edge));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(edge, embedded));
  process.on('SIGHUP', () => onHangUp(edge, log));
}

/** Daemons are sent SIGHUP after a certificate was renewed; to Node it would be the end. */
function onHangUp(edge: RunningEdge, log: Logger): void {
  log.info('SIGHUP: certificate files are read again (they are watched anyway); anything else needs a restart');
  edge.reloadCertificate();
}

async function stop(edge: RunningEdge, embedded: boolean): Promise<void> {
  const summary = await edge.close();
  if (embedded) console.log(`\n${summaryText(summary)}`);
}

function embeddedForThisRun(): Config {
  const [secret, token] = [randomBytes(24).toString('base64url'), randomBytes(18).toString('base64url')];
  return embeddedConfig({ secret, token });
}

function welcome(edge: RunningEdge) {
  const minted = edge.minter.mint('you');
  const [udp] = edge.ports.udp;
  const test = `turnutils_uclient -y -u '${minted.username}' -w '${minted.password}' -p ${udp} -n 10 127.0.0.1`;
  return { callPage: edge.callPage, iceServers: edge.minter.iceServers(minted), test };
}

function welcomeText(edge: RunningEdge): string {
  const { callPage, iceServers, test } = welcome(edge);
  return `
  Sallyport is running on loopback.

  Call yourself through it   ${callPage ?? '(the call page is not built: npm run build:web)'}
  iceServers to paste, good for 8 hours

${JSON.stringify(iceServers, null, 2).replace(/^/gm, '    ')}

  Test it from a shell (Debian: apt-get install coturn)
    ${test}

  Run it for real            sallyport start --config edge.yaml   (sallyport --help shows a whole configuration)
  Stop                       Ctrl-C
`;
}

export function summaryText(summary: Summary): string {
  const { uptimeSeconds, allocations, datagrams, bytes, cutOff } = summary;
  return `  Stopped after ${uptimeSeconds} s: ${allocations} allocations, ${datagrams} datagrams (${bytes} bytes) relayed, ${cutOff} allocations cut off by the stop.`;
}
