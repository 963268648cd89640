import { expect, test } from 'vitest';
import { FORMATS, type FormatName, planOf } from '../../src/topology/index.ts';
import { TOPOLOGIES, type TopologyName, topology } from '../testkit/topologies.ts';

const names = Object.keys(TOPOLOGIES) as TopologyName[];
const formats = Object.keys(FORMATS) as FormatName[];

/* What people were given before: a difference here is a difference in somebody's firewall. `vitest run -u` writes the files anew. */
test.each(
  names.flatMap(name => (['source-and-destination', 'destination'] as const).map(policy => ({ name, policy }))),
)('the plan for $name by $policy is the one on file', async ({ name, policy }) => {
  const text = FORMATS.table.render(planOf(topology(name), { policy }), { what: 'all', at: 'edge' });
  await expect(text).toMatchFileSnapshot(`golden/${name}.${policy}.txt`);
});

test.each(formats.flatMap(format => (['edge', 'perimeter'] as const).map(at => ({ format, at }))))(
  'the plan for every kind of partner as $format, at the $at, is the one on file',
  async ({ format, at }) => {
    const text = FORMATS[format].render(planOf(topology('every-partner'), OPTIONS), { what: 'all', at });
    await expect(text).toMatchFileSnapshot(`golden/formats/${format}.${at}.txt`);
  },
);

test.each(['nftables', 'iptables', 'kubernetes', 'terraform-aws', 'terraform-azure', 'windows'] as const)(
  'the plan for two families as %s is the one on file',
  async format => {
    const text = FORMATS[format].render(planOf(topology('public-addresses'), OPTIONS), { what: 'all', at: 'edge' });
    await expect(text).toMatchFileSnapshot(`golden/formats/${format}.two-families.txt`);
  },
);

const OPTIONS = { policy: 'source-and-destination' } as const;
