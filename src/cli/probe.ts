import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { OperatorError } from '../control/index.ts';
import { restName, restPassword } from '../credentials/index.ts';
import { probe as probeEdge, type Visitor } from '../server/index.ts';
import {
  expectedByToken,
  expectedOfAny,
  isExpired,
  type ProbeToken,
  readToken,
  reportOf,
} from '../topology/doctor/index.ts';
import { formatIp } from '../wire/index.ts';
import { addressesOf, countOf, nameIn, portsOf, secondsOf, secretOf, serversOf } from './edge-words.ts';
import { authorities, type OutputFlags, printReport, progressLine } from './report-output.ts';

const SAMPLE = '32';
const EVERY_PORT = 65_535;
/** A permission lives for five minutes, and nothing refreshes it meanwhile (RFC 8656 §9). */
const MOST_IDLE_SECONDS = 240;
/** Longer than clocks are off, so that a wrong clock is seen as one. */
const CREDENTIAL_SECONDS = 4 * 3600;

const HELP = `
Run it where clients are: outside, or inside with a token of \`sallyport doctor --side internal --token\`. With a token it knows what the
edge promises, and tells a doctor that waits. Its exit status is 1 when there is a fault.

Examples:
  sallyport probe --token spd1....                        everything the token's edge promises
  sallyport probe turn.example.org --secret env:TURN_SECRET
                                                          any TURN server whose secret you know; also tells its clock
  sallyport probe 192.0.2.10 --user alice --password file:password.txt --idle 60s --html report.html
  sallyport probe turn.example.org --tcp none             listeners on UDP 3478 alone, without a credential
`;

interface ProbeFlags extends OutputFlags {
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
  readonly secret?: string;
  readonly udp?: string;
  readonly tcp?: string;
  readonly name?: string;
  readonly ca?: string;
  readonly ports: string;
  readonly allPorts?: boolean;
  readonly idle?: string;
  readonly mate: readonly string[];
}

export function probeCommand(): Command {
  return new Command('probe')
    .description('try an edge from where its clients are: listeners, relays, NAT, firewall, certificate, clock')
    .argument('[edge]', 'name or address; a token knows it')
    .option('--token <token>', 'what `sallyport doctor --token` printed on the edge')
    .option('-u, --user <name>', 'of a static user, or to stand in a credential made with --secret')
    .option('--password <password>', 'of the user: the value, env:NAME or file:PATH')
    .option('--secret <secret>', 'the shared secret (TURN REST): the value, env:NAME or file:PATH')
    .option('--udp <ports>', 'UDP ports, or none; 3478 unless the token says otherwise')
    .option('--tcp <ports>', 'TCP ports for TCP and TLS, or none; 443 unless the token says otherwise')
    .option('--name <name>', 'the name that clients use, to compare with the certificate')
    .option('--ca <file>', 'PEM file with authorities to trust besides the public ones')
    .option('--ports <count>', 'relay ports to try', SAMPLE)
    .option('--all-ports', 'try every relay port; takes minutes')
    .option('--idle <duration>', 'stay silent so long, then see whether everything still gets through; at most 4m')
    .option('--mate <edge...>', 'other edges that this one has to reach', [])
    .option('--json', 'the report as JSON')
    .option('--html <file>', 'write the report as a page of its own')
    .addHelpText('after', HELP)
    .action(probe);
}

async function probe(edge: string | undefined, flags: ProbeFlags): Promise<void> {
  const token = flags.token === undefined ? undefined : tokenFrom(flags.token);
  const texts = edge === undefined ? (token?.told ?? noEdge()) : [edge];
  const addresses = (await Promise.all(texts.map(text => addressesOf(text, 'EDGE')))).flat();
  const name = flags.name ?? (edge === undefined ? undefined : nameIn(edge)) ?? token?.name;
  const secret = flags.secret === undefined ? undefined : secretOf(flags.secret, '--secret');
  const expected = expectation(flags, token, addresses.map(formatIp), name);
  const { facts, delivered } = await probeEdge({
    addresses,
    token,
    secret,
    expected,
    visitor: visitor(flags, token, secret, name),
    ports: flags.allPorts ? EVERY_PORT : countOf(flags.ports, '--ports'),
    idleSeconds: flags.idle === undefined ? undefined : secondsOf(flags.idle, '--idle', MOST_IDLE_SECONDS),
    mates: await serversOf(flags.mate, '--mate'),
    onProgress: progressLine(),
  });
  if (delivered) process.stderr.write('the doctor has this report, and joins it with its own\n');
  else if (token !== undefined && isExpired(token, facts.at))
    process.stderr.write('the token has expired, by the clock of this machine\n');
  printReport(reportOf([facts], facts.at), flags);
}

function expectation(
  { udp, tcp }: ProbeFlags,
  token: ProbeToken | undefined,
  addresses: readonly string[],
  name: string | undefined,
) {
  if (token !== undefined) {
    const ports = {
      udp: udp === undefined ? token.udp : portsOf(udp, '--udp'),
      tcp: tcp === undefined ? token.tcp : portsOf(tcp, '--tcp'),
    };
    return { ...expectedByToken(token), ...ports, name };
  }
  return expectedOfAny(addresses, portsOf(udp ?? '3478', '--udp'), portsOf(tcp ?? '443', '--tcp'), name);
}

function visitor(
  flags: ProbeFlags,
  token: ProbeToken | undefined,
  secret: string | undefined,
  name: string | undefined,
): Visitor {
  const own = ownCredential(flags, secret);
  return {
    standard: own ?? token?.standard,
    microsoft: own === undefined ? token?.microsoft : undefined,
    name,
    authorities: authorities(flags.ca),
  };
}

function ownCredential({ user, password }: ProbeFlags, secret: string | undefined) {
  if (secret !== undefined) {
    const username = restName(
      Math.floor(Date.now() / 1000) + CREDENTIAL_SECONDS,
      user ?? `probe-${randomUUID().slice(0, 8)}`,
    );
    return { username, password: restPassword(secret, username) };
  }
  if (user === undefined) return undefined;
  if (password !== undefined) return { username: user, password: secretOf(password, '--password') };
  throw new OperatorError('SALLYPORT_USAGE', '--user needs --password or --secret', 'name one, or use a token');
}

function tokenFrom(text: string): ProbeToken {
  const read = readToken(text);
  if (!('problem' in read)) return read;
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `--token: ${read.problem}`,
    'paste the line that `sallyport doctor --token` printed',
  );
}

function noEdge(): never {
  throw new OperatorError(
    'SALLYPORT_USAGE',
    'there is no edge to probe',
    'name one: sallyport probe turn.example.org, or give --token',
  );
}
