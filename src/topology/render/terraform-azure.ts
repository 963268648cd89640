import type { Prefix } from '../../policy/index.ts';
import type { Plan } from '../plan.ts';
import { isAnyPort, type PortRange, portsText, prefixText, type Rule, type Side } from '../rule.ts';
import { hclBlock, hclList, hclName, hclText } from './hcl.ts';
import { atMost, reasonsOf } from './text.ts';

/** Rules are tried from the lowest number; the last one closes what is left, since Azure's own let much through. */
const FIRST_PRIORITY = 100;
const LAST_PRIORITY = 4096;

/** Network security groups, one for each side's network interface. Answers pass by themselves. */
export function renderTerraformAzure({ rules }: Plan): string {
  const sides = (['external', 'internal'] as const).filter(side => rules.some(rule => rule.side === side));
  return [
    '# Made by `sallyport firewall plan`. Associate each group with the network interface of its side.',
    ...hclBlock('variable "resource_group_name"', [['type', 'string']]),
    ...hclBlock('variable "location"', [['type', 'string']]),
    ...sides.flatMap(side =>
      sideBlocks(
        side,
        rules.filter(rule => rule.side === side),
      ),
    ),
  ].join('\n');
}

function sideBlocks(side: Side, rules: readonly Rule[]): string[] {
  const counts = { in: 0, out: 0 };
  return [
    ...hclBlock(`resource "azurerm_network_security_group" "sallyport_${side}"`, [
      ['name', hclText(`sallyport-${side}`)],
      ['location', 'var.location'],
      ['resource_group_name', 'var.resource_group_name'],
    ]),
    ...rules.flatMap(rule => ruleBlock(rule, FIRST_PRIORITY + 10 * counts[rule.direction]++)),
    ...(['in', 'out'] as const).flatMap(direction => closingBlock(side, direction)),
  ];
}

function ruleBlock(rule: Rule, priority: number): string[] {
  return securityRule(rule.side, rule.id, [
    ['description', hclText(atMost(reasonsOf(rule), 140))],
    ['priority', String(priority)],
    ['direction', hclText(rule.direction === 'in' ? 'Inbound' : 'Outbound')],
    ['access', hclText('Allow')],
    ['protocol', hclText(rule.protocol === 'udp' ? 'Udp' : 'Tcp')],
    addresses('source', rule.source),
    ['source_port_range', hclText(ports(rule.sourcePorts))],
    addresses('destination', rule.destination),
    ['destination_port_range', hclText(ports(rule.destinationPorts))],
  ]);
}

function closingBlock(side: Side, direction: 'in' | 'out'): string[] {
  return securityRule(side, `${side}-${direction}-nothing-else`, [
    ['priority', String(LAST_PRIORITY)],
    ['direction', hclText(direction === 'in' ? 'Inbound' : 'Outbound')],
    ['access', hclText('Deny')],
    ['protocol', hclText('*')],
    ['source_address_prefix', hclText('*')],
    ['source_port_range', hclText('*')],
    ['destination_address_prefix', hclText('*')],
    ['destination_port_range', hclText('*')],
  ]);
}

function securityRule(side: Side, id: string, attributes: readonly (readonly [string, string])[]): string[] {
  return hclBlock(`resource "azurerm_network_security_rule" "${hclName(id)}"`, [
    ['name', hclText(atMost(id, 80).replace('…', '_'))],
    ['resource_group_name', 'var.resource_group_name'],
    ['network_security_group_name', `azurerm_network_security_group.sallyport_${side}.name`],
    ...attributes,
  ]);
}

function addresses(end: 'source' | 'destination', prefixes: readonly Prefix[]): readonly [string, string] {
  if (prefixes.length === 0) return [`${end}_address_prefix`, hclText('*')];
  return [`${end}_address_prefixes`, hclList(prefixes.map(prefixText))];
}

function ports(range: PortRange): string {
  return isAnyPort(range) ? '*' : portsText(range);
}
