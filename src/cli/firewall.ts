import { Command, CommanderError, Option } from 'commander';
import { FORMATS } from '../topology/index.ts';
import { diff } from './firewall-diff.ts';
import { plan } from './firewall-plan.ts';
import { verifyFirewall } from './firewall-verify.ts';

const EXAMPLES = `
Examples:
  sallyport firewall plan --config edge.yaml                          what to open, for whom, and why
  sallyport firewall plan --config edge.yaml --format nftables        the same for \`nft -f\`, on the edge
  sallyport firewall plan --config edge.yaml --format nftables --at perimeter
                                                                      for the router in front of it, NAT included
  sallyport firewall plan --config a.yaml b.yaml --format nftables --at perimeter
                                                                      for a router in front of two edges
  sallyport firewall plan --config edge.yaml --format csv > rules.csv for the firewall team
  sallyport firewall diff edge.yaml edge-next.yaml                    what to open and what to close
  sudo sallyport firewall verify --config edge.yaml                   is this machine's nftables as planned?
  nft -j list ruleset | sallyport firewall verify --config edge.yaml --nft -

Nothing here changes a firewall: plans are printed, rulesets are read.
`;

const at = () =>
  new Option('--at <where>', 'edge: its own firewall; perimeter: a router between it and others')
    .choices(['edge', 'perimeter'])
    .default('edge');

export function firewallCommand(): Command {
  const command = new Command('firewall').description('what firewalls and NAT have to do, and whether they do it');
  command
    .command('plan')
    .description('print the rules, NAT, DNS records and certificate names that a configuration needs')
    .option(
      '-c, --config <file...>',
      'YAML or JSON; without it sallyport.yaml. Several: edges behind one router (--at perimeter)',
    )
    .addOption(new Option('--side <side>', 'whose rules').choices(['external', 'internal', 'both']).default('both'))
    .addOption(
      new Option('--policy <policy>', 'what the firewall can say')
        .choices(['destination', 'source-and-destination'])
        .default('source-and-destination'),
    )
    .addOption(new Option('-f, --format <format>', 'how').choices(Object.keys(FORMATS)).default('table'))
    .addOption(new Option('--what <part>', 'which part').choices(['rules', 'nat', 'dns', 'all']).default('all'))
    .addOption(at())
    .option('--name <host>', "the edge's name in DNS; without it turn in the realm's domain")
    .addHelpText('after', EXAMPLES)
    .action(plan);
  command
    .command('diff')
    .description('what to open and what to close when a configuration changes')
    .argument('<old>', 'the configuration that firewalls follow now')
    .argument('<new>', 'the one they are to follow')
    .addOption(
      new Option('--policy <policy>', 'what the firewall can say')
        .choices(['destination', 'source-and-destination'])
        .default('source-and-destination'),
    )
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(diff);
  command
    .command('verify')
    .description('compare a ruleset with the plan; exits with 0 if they agree, 1 if not, 2 if it could not be done')
    .option(
      '-c, --config <file...>',
      'YAML or JSON; without it sallyport.yaml. Several: edges behind one router (--at perimeter)',
    )
    .option('--nft <file>', 'output of `nft -j list ruleset`, - for standard input; without it nft is run (as root)')
    .option(
      '--rules <file>',
      'an exported list instead: iptables-save, or JSON or CSV as `plan` writes it; - for standard input',
    )
    .addOption(
      new Option(
        '--policy <policy>',
        'what may be open at most; without it, what destination-only firewalls need',
      ).choices(['destination', 'source-and-destination']),
    )
    .addOption(at())
    .option('--keep <text...>', 'rules whose comment has this text are your own and are passed over')
    .option('--json', 'the findings as JSON')
    .addHelpText('after', EXAMPLES)
    .exitOverride(({ exitCode, code, message }) => {
      throw new CommanderError(exitCode === 0 ? 0 : 2, code, message);
    })
    .action(verifyFirewall);
  return command.addHelpText('after', EXAMPLES);
}
