import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { topology } from '../../../test/testkit/topologies.ts';
import { type Plan, planOf } from '../plan.ts';
import { FORMATS, type FormatName } from './index.ts';

/** What an operator's text could do harm with, somewhere. */
const HOSTILE = '=1+1,"; rm -rf / # \u0024{file("x")} %{ for x in y } \' \u2019 `$(id)` \\ \n\r\u2028\u0000 }';
const formats = Object.keys(FORMATS) as FormatName[];
const ALL = { what: 'all', at: 'edge' } as const;

test.each(formats.filter(format => format !== 'json'))(
  '%s: no text of an operator begins a line of its own',
  format => {
    const [plain, hostile] = [linesOf(format, plan()), linesOf(format, plan(HOSTILE))];
    expect(hostile.length).toBe(plain.length);
  },
);

test('CSV: a cell is never a formula, and quotes and commas stay within it', () => {
  const text = FORMATS.csv.render(plan(HOSTILE), { what: 'rules', at: 'edge' });
  expect(text).toContain(`"'=1+1,""; rm -rf`);
});

test('PowerShell: every quotation mark that would end a text is doubled, the typographic ones too', () => {
  const text = FORMATS.windows.render(plan(HOSTILE), ALL);
  const [command = ''] = text.split('\n').filter(line => line.startsWith('New-NetFirewallRule'));
  const quoted = command.replaceAll(/'(?:[^'\u2018\u2019\u201a\u201b]|['\u2018\u2019\u201a\u201b]{2})*'/gu, 'TEXT');
  expect(quoted).toMatch(/^New-NetFirewallRule( -\w+ [\w.,]+)+$/);
});

test('HCL: no template begins within a text', () => {
  for (const format of ['terraform-aws', 'terraform-azure'] as const) {
    const text = FORMATS[format].render(plan(HOSTILE), ALL);
    expect(text.replaceAll('$${', '').replaceAll('%%{', '')).not.toMatch(/[$%]\{/);
    for (const line of text.split('\n').filter(each => each.includes('description'))) {
      expect(line).toMatch(/^ {2}description +(?:= )"(?:[^"\\]|\\.)*"$/);
    }
  }
});

test('AWS takes no more than 255 characters of a few kinds as a description', () => {
  const text = FORMATS['terraform-aws'].render(planOf(topology('every-partner'), { policy: 'destination' }), ALL);
  for (const [, description = ''] of text.matchAll(/description +(?:= )"(.*)"/g)) {
    expect(description).toMatch(/^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/);
  }
});

test('Kubernetes: the policy names every port of the plan, and the range by its end', () => {
  const text = FORMATS.kubernetes.render(planOf(topology('standard'), { policy: 'destination' }), ALL);
  const { spec, kind } = parse(text);
  expect(kind).toBe('NetworkPolicy');
  expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(spec.ingress.flatMap((rule: { ports: unknown[] }) => rule.ports)).toEqual([
    { protocol: 'UDP', port: 3478 },
    { protocol: 'TCP', port: 443 },
    { protocol: 'UDP', port: 50_000, endPort: 59_999 },
    { protocol: 'UDP', port: 3478 },
    { protocol: 'TCP', port: 443 },
  ]);
  expect(spec.egress).toEqual([{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'UDP' }] }]);
  expect(parse(FORMATS.kubernetes.render(plan(HOSTILE), ALL)).kind).toBe('NetworkPolicy');
});

test('JSON: the shape that programs rely on', () => {
  const { version, policy, rules, nat, dns, certificates } = JSON.parse(FORMATS.json.render(plan(), ALL));
  expect({ version, policy }).toEqual({ version: 1, policy: 'source-and-destination' });
  expect(rules[0]).toEqual({
    id: 'external-in-udp-3478',
    side: 'external',
    direction: 'in',
    family: 4,
    protocol: 'udp',
    source: ['any'],
    sourcePorts: 'any',
    destination: ['10.45.16.10'],
    destinationPorts: '3478',
    feature: 'client-udp',
    uses: [
      {
        whom: 'remote users',
        reason: expect.any(String),
        origin: 'external.udp',
      },
      {
        whom: 'contoso.example (lync)',
        reason: expect.any(String),
        origin: 'federation[0]',
      },
    ],
  });
  expect(nat[0]).toMatchObject({
    id: 'nat-in-131.107.155.30',
    direction: 'in',
    change: 'destination',
    ports: 'unchanged',
    publicAddress: '131.107.155.30',
    ownAddress: '10.45.16.10',
  });
  expect(dns[0]).toMatchObject({ view: 'external', owner: 'turn.example.org', type: 'A', value: '131.107.155.30' });
  expect(certificates[0]).toMatchObject({ view: 'external', name: 'turn.example.org' });
});

test('a part alone is shown alone', () => {
  const table = FORMATS.table.render(plan(), { what: 'nat', at: 'edge' });
  expect(table).toContain('ChangeDST');
  expect(table).not.toContain('External side');
  expect(FORMATS.nftables.render(plan(), { what: 'nat', at: 'edge' })).not.toContain('chain input');
  expect(JSON.parse(FORMATS.json.render(plan(), { what: 'dns', at: 'edge' })).rules).toBeUndefined();
});

/** The plan for a NATed edge; `text` stands wherever an operator's words could. */
function plan(text?: string): Plan {
  const made = planOf(topology('lync'), { policy: 'source-and-destination' });
  if (text === undefined) return made;
  const uses = [{ whom: text, reason: text, origin: text }];
  return { ...made, rules: made.rules.map((rule, i) => ({ ...rule, id: `${text}-${i}`, uses })) };
}

/** Without reasons, whose number differs. */
function linesOf(format: FormatName, made: Plan): string[] {
  const text = FORMATS[format].render(made, ALL);
  return text.split(/[\n\r\u2028\u2029]+/).filter(line => !/^ {6}/.test(line));
}
