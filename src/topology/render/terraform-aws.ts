import type { Plan } from '../plan.ts';
import { cidrs, isAnyPort, type Rule, remoteOf, type Side } from '../rule.ts';
import { hclBlock, hclName, hclText } from './hcl.ts';
import { atMost, reasonsOf, withOnly } from './text.ts';

/** Security groups, one for each side's network interface. They know no source ports, and answers pass by themselves. */
export function renderTerraformAws({ rules }: Plan): string {
  const sides = (['external', 'internal'] as const).filter(side => rules.some(rule => rule.side === side));
  return [
    '# Made by `sallyport firewall plan`. Attach each group to the network interface of its side.',
    '# Security groups cannot say source ports: where a rule has some, it is opened from any.',
    ...hclBlock('variable "vpc_id"', [['type', 'string']]),
    ...sides.flatMap(group),
    ...rules.flatMap(ruleBlocks),
  ].join('\n');
}

function group(side: Side): string[] {
  return hclBlock(`resource "aws_security_group" "sallyport_${side}"`, [
    ['name', hclText(`sallyport-${side}`)],
    ['description', hclText(`Sallyport, ${side} side`)],
    ['vpc_id', 'var.vpc_id'],
  ]);
}

/** AWS takes one network per rule. */
function ruleBlocks(rule: Rule): string[] {
  const networks = cidrs(remoteOf(rule).addresses, rule.family);
  const way = rule.direction === 'in' ? 'ingress' : 'egress';
  const ports = isAnyPort(rule.destinationPorts) ? { first: 0, last: 65535 } : rule.destinationPorts;
  return networks.flatMap((network, i) => {
    const name = hclName(networks.length === 1 ? rule.id : `${rule.id}_${i}`);
    return hclBlock(`resource "aws_vpc_security_group_${way}_rule" "${name}"`, [
      ['security_group_id', `aws_security_group.sallyport_${rule.side}.id`],
      ['description', hclText(description(rule))],
      ['ip_protocol', hclText(rule.protocol)],
      ['from_port', String(ports.first)],
      ['to_port', String(ports.last)],
      [rule.family === 4 ? 'cidr_ipv4' : 'cidr_ipv6', hclText(network)],
    ]);
  });
}

/** What AWS allows in a description, and no more than 255 of it. */
function description(rule: Rule): string {
  return atMost(withOnly(`${rule.id}. ${reasonsOf(rule)}`, /[^A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]/gu), 250).replace(
    '…',
    '.',
  );
}
