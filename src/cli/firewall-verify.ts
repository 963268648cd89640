import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Config, OperatorError } from '../control/index.ts';
import {
  type Finding,
  type Policy,
  planOfAll,
  type Ruleset,
  readRules,
  verify,
  type Where,
  without,
} from '../topology/index.ts';
import { configurationsAt } from './firewall-plan.ts';

interface VerifyArguments {
  readonly config?: readonly string[];
  readonly nft?: string;
  readonly rules?: string;
  readonly policy?: Policy;
  readonly at: Where;
  readonly keep?: readonly string[];
  readonly json?: boolean;
}

/** Scripts tell findings (1) from a verification that could not be done (2). */
export function verifyFirewall(options: VerifyArguments): void {
  try {
    const findings = findingsFor(options);
    process.stdout.write(options.json ? asJson(findings) : asText(findings));
    process.exitCode = findings.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    console.error(`sallyport: ${error.message}\n  ${error.code}: ${error.remedy}`);
    process.exitCode = 2;
  }
}

function findingsFor({ config: files, nft, rules, policy, at, keep = [] }: VerifyArguments): Finding[] {
  if (nft !== undefined && rules !== undefined) {
    throw new OperatorError('SALLYPORT_USAGE', '--nft and --rules exclude each other', 'name the one list to verify');
  }
  const configs = configurationsAt(files, at);
  const least = planOfAll(configs, { policy: 'source-and-destination' });
  const most = planOfAll(configs, { policy: policy ?? 'destination' });
  const [{ external, internal, relayPorts }] = configs as [Config];
  const devices = { external: external.device, internal: internal?.device };
  return verify(least, most, without(rulesetIn(nft ?? rules), keep), { at, devices, relayPorts });
}

function rulesetIn(file: string | undefined): Ruleset {
  const ruleset = readRules(file === undefined ? liveRuleset() : textIn(file));
  if (!('problem' in ruleset)) return ruleset;
  throw new OperatorError(
    'SALLYPORT_FIREWALL_UNREADABLE',
    `${file ?? 'the output of nft'}: ${ruleset.problem}`,
    'give the output of `nft -j list ruleset` or `iptables-save`, or JSON or CSV as `sallyport firewall plan` writes it',
  );
}

function textIn(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OperatorError(
      'SALLYPORT_FIREWALL_UNREADABLE',
      `${file} can't be read (${why})`,
      'name a file that this user may read, or - for standard input',
    );
  }
}

/** Administrators have sbin in their path; others, who could not list rules anyway, often have not. */
function liveRuleset(): string {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  try {
    return execFileSync('nft', ['-j', 'list', 'ruleset'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
    });
  } catch (cause) {
    throw new OperatorError('SALLYPORT_FIREWALL_UNREADABLE', whyNot(cause), NFT_REMEDY);
  }
}

const NFT_REMEDY = 'run it as root, or `sudo nft -j list ruleset | sallyport firewall verify --nft -`';

function whyNot(cause: unknown): string {
  if (!(cause instanceof Error)) return 'nft could not be run';
  if ('code' in cause && cause.code === 'ENOENT') return 'there is no nft on this machine';
  const said = 'stderr' in cause ? String(cause.stderr).split('\n')[0] : '';
  return `nft could not list the ruleset${said === '' ? '' : ` (${said})`}; only root may`;
}

function asJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ version: 1, ok: findings.length === 0, findings }, null, 2)}\n`;
}

function asText(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'The ruleset lets through what is planned, and nothing else.\n';
  const lines = findings.map(
    ({ kind, place, what, change }) => `${kind.padEnd(9)} ${place}\n    ${what}\n    ${change}\n`,
  );
  return `${lines.join('\n')}\n${countText(findings.length)}\n`;
}

function countText(count: number): string {
  return count === 1 ? '1 finding' : `${count} findings`;
}
