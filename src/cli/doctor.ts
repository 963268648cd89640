import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { type Config, OperatorError } from '../control/index.ts';
import { type DoctorOptions, examine, inviteProbe, readConfigFile } from '../server/index.ts';
import { reportOf, TOKEN_LIFETIME_LIMIT_SECONDS } from '../topology/doctor/index.ts';
import { countOf, secondsOf, serversOf } from './edge-words.ts';
import { authorities, type OutputFlags, printReport, progressLine } from './report-output.ts';

const DEFAULT_FILE = 'sallyport.yaml';
const SAMPLE = '16';
const EVERY_PORT = 65_535;
const WAIT = '15m';

const HELP = `
Run it on the edge, with the edge running or stopped. It changes nothing; its exit status is 1 when there is a fault.

Examples:
  sallyport doctor --config edge.yaml                  what this machine and the edge say
  sallyport doctor --config edge.yaml --html report.html
                                                       and a page to hand to the firewall team
  sallyport doctor --config edge.yaml --wait           print a token, wait for the probe, join what both saw
  sallyport probe --token spd1....                     what to run meanwhile, anywhere on the Internet
  sallyport doctor --config edge.yaml --stun stun.example.net --mate edge2.example.org --ntp pool.ntp.org
                                                       the NAT, the hairpin and the clock, seen from here
`;

interface DoctorFlags extends OutputFlags {
  readonly config?: string;
  readonly name?: string;
  readonly side: 'external' | 'internal';
  readonly ports: string;
  readonly allPorts?: boolean;
  readonly mate: readonly string[];
  readonly stun: readonly string[];
  readonly ntp?: string;
  readonly ca?: string;
  readonly token?: boolean;
  readonly tokenLifetime: string;
  readonly wait?: string | boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('examine an edge on its own machine: what is wrong, what it means, what to change')
    .option('-c, --config <file>', `YAML or JSON; without it ${DEFAULT_FILE}`)
    .option('--name <name>', 'the name that clients use, to compare with the certificate')
    .addOption(
      new Option('--side <side>', 'where the probe will be').choices(['external', 'internal']).default('external'),
    )
    .option('--ports <count>', 'relay ports to try', SAMPLE)
    .option('--all-ports', 'try every relay port; takes minutes')
    .option('--mate <edge...>', 'other edges of the pool, by their public addresses', [])
    .option('--stun <server...>', 'STUN servers on the Internet: how do they see this edge?', [])
    .option('--ntp <server>', 'a time server to compare the clock with')
    .option('--ca <file>', 'PEM file with authorities to trust besides the public ones')
    .option('--token', 'print a token for a probe')
    .option('--token-lifetime <duration>', 'how long the token is good', '1h')
    .option('--wait [duration]', `print a token and wait for its probe to report, ${WAIT} unless told`)
    .option('--json', 'the report as JSON')
    .option('--html <file>', 'write the report as a page of its own')
    .addHelpText('after', HELP)
    .action(doctor);
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const options: DoctorOptions = {
    config: configurationAt(flags.config),
    name: flags.name,
    side: flags.side,
    authorities: authorities(flags.ca),
    timeServer: flags.ntp,
    ports: flags.allPorts ? EVERY_PORT : countOf(flags.ports, '--ports'),
    mates: await serversOf(flags.mate, '--mate'),
    stunServers: await serversOf(flags.stun, '--stun'),
    onProgress: progressLine(),
  };
  const facts = await examine(options);
  if (flags.wait !== undefined) return withProbe(options, facts, flags);
  printReport(reportOf([facts], facts.at), flags);
  if (flags.token) await printToken(options, flags);
}

async function printToken(options: DoctorOptions, { tokenLifetime }: DoctorFlags): Promise<void> {
  const { text } = await inviteProbe(options, { lifetimeSeconds: lifetimeOf(tokenLifetime), isWaiting: false });
  sayToken(text);
}

/** On standard error: standard output is the report's. */
function sayToken(text: string): void {
  process.stderr.write(`\nRun this where clients are:\n\n  sallyport probe --token ${text}\n\n`);
}

async function withProbe(
  options: DoctorOptions,
  facts: Awaited<ReturnType<typeof examine>>,
  flags: DoctorFlags,
): Promise<void> {
  const seconds = secondsOf(typeof flags.wait === 'string' ? flags.wait : WAIT, '--wait', TOKEN_LIFETIME_LIMIT_SECONDS);
  const { text, receiver } = await inviteProbe(options, {
    lifetimeSeconds: Math.max(seconds, lifetimeOf(flags.tokenLifetime)),
    isWaiting: true,
  });
  sayToken(text);
  try {
    const seen = await receiver?.wait(seconds * 1000);
    if (seen === undefined) {
      process.stderr.write(
        receiver === undefined
          ? 'the edge gives no relay, so there is nowhere to wait: run the probe, and read its own report\n'
          : 'no probe has reported: when it finds no way in, its own report says why\n',
      );
    }
    const { expected } = facts;
    printReport(
      seen === undefined ? reportOf([facts], facts.at) : reportOf([facts, { ...seen, expected }], seen.at),
      flags,
    );
  } finally {
    await receiver?.close();
  }
}

function lifetimeOf(text: string): number {
  return secondsOf(text, '--token-lifetime', TOKEN_LIFETIME_LIMIT_SECONDS);
}

function configurationAt(file: string | undefined): Config {
  if (file !== undefined || existsSync(DEFAULT_FILE)) return readConfigFile(file ?? DEFAULT_FILE);
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `there is no ${DEFAULT_FILE} here, and a doctor compares an edge with its configuration`,
    'name it with --config FILE; from elsewhere, run sallyport probe',
  );
}
