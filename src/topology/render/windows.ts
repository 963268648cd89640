import type { Prefix } from '../../policy/index.ts';
import type { Plan } from '../plan.ts';
import { isAnyPort, localOf, type PortRange, portsText, prefixText, type Rule, remoteOf } from '../rule.ts';
import { atMost, oneLine, reasonsOf } from './text.ts';

/** For PowerShell as administrator, on the edge itself. */
export function renderWindows({ rules }: Plan): string {
  return [
    '# Made by `sallyport firewall plan`. Run in PowerShell as administrator, on the edge.',
    "Remove-NetFirewallRule -Group 'Sallyport' -ErrorAction SilentlyContinue",
    ...rules.flatMap(rule => [`# ${reasonsOf(rule)}`, command(rule)]),
    '# Windows lets everything out unless told otherwise; then the outbound rules above count:',
    '# Set-NetFirewallProfile -All -DefaultInboundAction Block -DefaultOutboundAction Block',
    '',
  ].join('\n');
}

function command(rule: Rule): string {
  const [here, there] = [localOf(rule), remoteOf(rule)];
  return [
    `New-NetFirewallRule -Name ${quoted(`sallyport-${rule.id}`)} -DisplayName ${quoted(`Sallyport ${rule.id}`)}`,
    `-Group 'Sallyport' -Description ${quoted(atMost(reasonsOf(rule), 1000))}`,
    `-Direction ${rule.direction === 'in' ? 'Inbound' : 'Outbound'} -Action Allow -Protocol ${rule.protocol.toUpperCase()}`,
    `-LocalAddress ${addresses(here.addresses)} -LocalPort ${ports(here.ports)}`,
    `-RemoteAddress ${addresses(there.addresses)} -RemotePort ${ports(there.ports)}`,
  ].join(' ');
}

function addresses(prefixes: readonly Prefix[]): string {
  return prefixes.length === 0 ? 'Any' : prefixes.map(prefix => quoted(prefixText(prefix))).join(',');
}

function ports(range: PortRange): string {
  return isAnyPort(range) ? 'Any' : quoted(portsText(range));
}

/** PowerShell ends a single-quoted text at typographic quotation marks as well; each is doubled to stand for itself. */
function quoted(text: string): string {
  return `'${oneLine(text).replaceAll(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}
