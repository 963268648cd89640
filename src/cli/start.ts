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

import { DemoUsers, phoneLink } from './demo-users.ts';

interface StartOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const HELP = `
Without --config an edge runs on 127.0.0.1 for you to try: UDP and TCP 3478, TLS 5349, SIP on TLS 5061 and WebSocket 8081
with two users, admin and web page on 8080; secrets and passwords made for this run only. With --config, logs are JSON lines on standard output.

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
  const demo = options.config === undefined ? new DemoUsers() : undefined;
  const config = options.config === undefined ? embeddedForThisRun(demo!.file) : readConfigFile(options.config);
  // To try it, people want a page to read, not log lines: those go to standard error and only when something is wrong.
  const log = embedded ? makeLog('warn', process.stderr) : makeLog(config.log.level);
  const edge = await (embedded ? Edge.start(config, { log }) : startEdge(config, log)).catch(error => {
    demo?.remove();
    throw error;
  });
  if (demo !== undefined)
    console.log(options.json ? JSON.stringify(welcome(edge, demo), null, 2) : welcomeText(edge, demo));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(edge, demo));
  process.on('SIGHUP', () => onHangUp(edge, log));
}

/** Daemons are sent SIGHUP after a certificate was renewed; to Node it would be the end. */
function onHangUp(edge: RunningEdge, log: Logger): void {
  log.info('SIGHUP: certificate files are read again (they are watched anyway); anything else needs a restart');
  edge.reloadCertificate();
}

async function stop(edge: RunningEdge, demo: DemoUsers | undefined): Promise<void> {
  const summary = await edge.close();
  demo?.remove();
  if (demo !== undefined) console.log(`\n${summaryText(summary)}`);
}

function embeddedForThisRun(users: string): Config {
  const [secret, token] = [randomBytes(24).toString('base64url'), randomBytes(18).toString('base64url')];
  return embeddedConfig({ secret, token, users });
}

function welcome(edge: RunningEdge, { users }: DemoUsers) {
  const minted = edge.minter.mint('you');
  const [udp] = edge.ports.udp;
  const test = `turnutils_uclient -y -u '${minted.username}' -w '${minted.password}' -p ${udp} -n 10 127.0.0.1`;
  const { domain } = edge.accessInfo!;
  const page = edge.callPage === undefined ? undefined : edge.adminUrl;
  const phones = users.map(user => ({
    name: user.name,
    address: `sip:${user.name}@${domain}`,
    password: user.password,
    ...(page === undefined ? {} : { link: phoneLink(page, user) }),
  }));
  return {
    callPage: edge.callPage,
    phones,
    sip: `127.0.0.1:${edge.ports.access.tls[0]}`,
    iceServers: edge.minter.iceServers(minted),
    test,
  };
}

function welcomeText(edge: RunningEdge, demo: DemoUsers): string {
  const { callPage, phones, sip, iceServers, test } = welcome(edge, demo);
  return `
  Sallyport is running on loopback.

  Call yourself through it   ${callPage ?? '(the call page is not built: npm run build:web)'}
${phoneLines(phones, sip)}
  iceServers to paste, good for 8 hours

${JSON.stringify(iceServers, null, 2).replace(/^/gm, '    ')}

  Test it from a shell (Debian: apt-get install coturn)
    ${test}

  Run it for real            sallyport start --config edge.yaml   (sallyport --help shows a whole configuration)
  Stop                       Ctrl-C
`;
}

interface Phone {
  readonly name: string;
  readonly address: string;
  readonly password: string;
  /** The page with its phone signed in; undefined when it is not built. */
  readonly link?: string;
}

function phoneLines(phones: readonly Phone[], sip: string): string {
  const links = phones.map(({ name, link }) => link && `  Phone of ${name.padEnd(18)}${link}`);
  const accounts = phones.map(({ address, password }) => `${' '.repeat(29)}${address}  password ${password}`);
  return [...links, `  Other SIP phones           TLS to ${sip}`, ...accounts].filter(Boolean).join('\n');
}

export function summaryText(summary: Summary): string {
  const { uptimeSeconds, allocations, datagrams, bytes, cutOff } = summary;
  return `  Stopped after ${uptimeSeconds} s: ${allocations} allocations, ${datagrams} datagrams (${bytes} bytes) relayed, ${cutOff} allocations cut off by the stop.`;
}
