import { createRequire } from 'node:module';
import { beforeEach, expect, test } from 'vitest';
import { FORMATS, planOf } from '../../src/topology/index.ts';
import { type Need, requires } from '../testkit/requires.ts';
import { TOPOLOGIES, type TopologyName, topology } from '../testkit/topologies.ts';

/* HashiCorp's own parser of HCL, as WebAssembly: what it takes, Terraform takes. */
const PARSER: string = '@cdktf/hcl2json';
const parser: Need = { name: PARSER, isMet: () => isInstalled(PARSER) };
beforeEach(context => requires(context, parser));

interface Parsed {
  readonly resource: Readonly<Record<string, Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>>>;
}

const names = Object.keys(TOPOLOGIES) as TopologyName[];

test.each(names)('%s: Terraform for AWS parses, one resource for each rule and network', async name => {
  const { rules, text } = rendered(name, 'terraform-aws');
  const { resource } = await parse(text);
  const [into, out] = ['ingress', 'egress'].map(way =>
    Object.values(resource[`aws_vpc_security_group_${way}_rule`] ?? {}),
  );
  const networks = rules.map(
    ({ direction, source, destination }) => (direction === 'in' ? source : destination).length || 1,
  );
  expect((into ?? []).length + (out ?? []).length).toBe(networks.reduce((sum, count) => sum + count, 0));
});

test.each(names)('%s: Terraform for Azure parses, each rule as it is planned and the rest denied', async name => {
  const { rules, text } = rendered(name, 'terraform-azure');
  const { resource } = await parse(text);
  const security = Object.values(resource.azurerm_network_security_rule!).flat();
  const allowed = security.filter(({ access }) => access === 'Allow');
  expect(allowed.map(rule => String(rule.name)).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
  const priorities = security.map(rule =>
    JSON.stringify([rule.network_security_group_name, rule.direction, rule.priority]),
  );
  expect(new Set(priorities).size).toBe(security.length);
  expect(security.filter(({ access }) => access === 'Deny').every(({ priority }) => priority === 4096)).toBe(true);
});

test('what an operator wrote is text in it and nothing else', async () => {
  const made = planOf(topology('lync'), { policy: 'destination' });
  const whom = '\u0024{file("/etc/passwd")} %{ if true } " \\ \n resource "x" "y" {}';
  const rules = made.rules.map(rule => ({ ...rule, uses: [{ whom, reason: '', origin: '' }] }));
  const text = FORMATS['terraform-azure'].render({ ...made, rules }, { what: 'rules', at: 'edge' });
  const { resource } = await parse(text);
  expect(Object.keys(resource)).toEqual(['azurerm_network_security_group', 'azurerm_network_security_rule']);
});

function rendered(name: TopologyName, format: 'terraform-aws' | 'terraform-azure') {
  const made = planOf(topology(name), { policy: 'source-and-destination' });
  return { rules: made.rules, text: FORMATS[format].render(made, { what: 'all', at: 'edge' }) };
}

async function parse(text: string): Promise<Parsed> {
  const { parse: read } = (await import(PARSER)) as { parse: (file: string, text: string) => Promise<unknown> };
  return (await read('plan.tf', text)) as Parsed;
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
