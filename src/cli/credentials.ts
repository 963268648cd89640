import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { formatDuration, parseDuration } from '../control/config/index.ts';
import { OperatorError } from '../control/index.ts';
import { mintOffline, type OfflineCredential, readConfigFile } from '../server/index.ts';

const DEFAULT_FILE = 'sallyport.yaml';

const HELP = `
The credential is made from the first of credentials.secrets in the configuration, without asking a running edge: an edge with
the same secret accepts it. It is valid for credentials.lifetime (8h unless configured shorter), or for less with --lifetime.

Examples:
  sallyport credentials --user alice --config edge.yaml
  sallyport credentials --user alice --lifetime 1h --config edge.yaml
  sallyport credentials --user alice --config edge.yaml --json | jq .iceServers
  sallyport credentials --user alice --config edge.yaml --side internal   (for a client in the enterprise)
  sallyport credentials --user alice --config edge.yaml --dialect ms   (for Office Communicator, Lync, libnice in their modes)

In a browser, paste what is printed:
  new RTCPeerConnection({ iceServers: [ ... ], iceTransportPolicy: 'relay' })
`;

interface CredentialsOptions {
  readonly user: string;
  readonly lifetime?: string;
  readonly config?: string;
  readonly dialect: 'standard' | 'ms';
  readonly side: 'external' | 'internal';
  readonly json?: boolean;
}

export function credentialsCommand(): Command {
  return new Command('credentials')
    .description('mint a time-limited credential and print iceServers, ready to paste')
    .requiredOption('-u, --user <name>', 'who it is for: stands in the log and counts for quotas')
    .option('-l, --lifetime <duration>', 'how long it is valid, such as 1h or 30m')
    .option('-c, --config <file>', `YAML or JSON; without it ${DEFAULT_FILE}`)
    .addOption(
      new Option('-d, --dialect <name>', 'ms: a relay token for clients of the Microsoft dialect, as base64')
        .choices(['standard', 'ms'])
        .default('standard'),
    )
    .addOption(
      new Option('-s, --side <name>', 'on which side of the edge it is to be used')
        .choices(['external', 'internal'])
        .default('external'),
    )
    .option('--json', 'one JSON object with username, password, expiry and iceServers')
    .addHelpText('after', HELP)
    .action(credentials);
}

function credentials(options: CredentialsOptions): void {
  const lifetimeSeconds = options.lifetime === undefined ? undefined : lifetimeOf(options.lifetime);
  const config = readConfigFile(options.config ?? defaultFile());
  const credential = mintOffline(config, options.user, lifetimeSeconds, options.dialect, options.side);
  console.log(options.json ? asJson(credential) : forPasting(credential));
  if (options.json) return;
  const { lifetimeSeconds: granted, expiresAt } = credential.minted;
  console.error(`valid for ${formatDuration(granted)}, until ${new Date(expiresAt).toISOString()}`);
}

/** Without a file there is no secret to mint with: the built-in configuration's is made anew at each start. */
function defaultFile(): string {
  if (existsSync(DEFAULT_FILE)) return DEFAULT_FILE;
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `there is no ${DEFAULT_FILE} here, and a credential is made from the secret in a configuration`,
    'name it: sallyport credentials --user NAME --config FILE; `sallyport start` without a file prints credentials itself',
  );
}

function lifetimeOf(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `--lifetime: "${text}" is not a duration`,
    'write it as 90s, 30m or 1h30m',
  );
}

/** Browsers take iceServers, which hold the credential; other clients are told username, password and relays one by one. */
function forPasting({ minted: { username, password }, servers }: OfflineCredential): string {
  return JSON.stringify('iceServers' in servers ? servers.iceServers : { username, password, ...servers }, null, 2);
}

function asJson({ minted, servers }: OfflineCredential): string {
  const { username, password, expiresAt, lifetimeSeconds } = minted;
  const expires = new Date(expiresAt).toISOString();
  return JSON.stringify({ username, password, expires, expiresAt, lifetimeSeconds, ...servers }, null, 2);
}
