#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { OperatorError } from '../control/index.ts';
import { version } from '../server/index.ts';
import { configCommand } from './config.ts';
import { credentialsCommand } from './credentials.ts';
import { doctorCommand } from './doctor.ts';
import { firewallCommand } from './firewall.ts';
import { loadCommand } from './load.ts';
import { probeCommand } from './probe.ts';
import { startCommand } from './start.ts';
import { usersCommand } from './users.ts';

const EXAMPLES = `
Examples:
  sallyport start                          try it: an edge on loopback, with a page to call yourself on
  sallyport start --config edge.yaml       run it
  sallyport config check edge.yaml         what is wrong with a file: line, column, key, remedy
  sallyport config schema > schema.json    completion and checks in your editor
  sallyport credentials --user alice --config edge.yaml
                                           iceServers for alice, ready to paste
  sallyport firewall plan --config edge.yaml
                                           what firewalls and NAT have to let through, and why
  sallyport users add alice --domain example.test
                                           somebody who may sign in over SIP
  sallyport doctor --config edge.yaml --wait
                                           on the edge: what is wrong, and a token for ...
  sallyport probe --token spd1....         ... the probe, run where clients are: both views in one report
  sallyport load turn:192.0.2.10 --user alice --password wonderland --clients 100 --audio
                                           a hundred calls' worth of packets through any TURN server

A whole configuration:
  external: { address: 192.0.2.10 }        your address; UDP 3478 and TCP 443 are opened on it
  credentials: { secrets: [env:TURN_SECRET] }
`;

const program = new Command('sallyport')
  .description('An A/V Edge: relays real-time media between the Internet and an enterprise (STUN, TURN).')
  .version(version, '-V, --version')
  .showHelpAfterError('(sallyport --help teaches by example)')
  .configureHelp({ sortSubcommands: false })
  .addHelpText('after', EXAMPLES)
  .exitOverride();
const commands = [
  startCommand(),
  configCommand(),
  credentialsCommand(),
  usersCommand(),
  firewallCommand(),
  doctorCommand(),
  probeCommand(),
  loadCommand(),
];
for (const command of commands) {
  program.addCommand(command.exitOverride());
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** The exit code, after saying what went wrong: the operator's mistakes in words and with a remedy, ours with a stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (!(error instanceof OperatorError)) throw error;
  console.error(`sallyport: ${error.message}\n  ${error.code}: ${error.remedy}`);
  return 1;
}
