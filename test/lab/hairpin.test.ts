import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FORMATS, type Plan, planOfAll } from '../../src/topology/index.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { configFrom } from '../testkit/topologies.ts';
import { Host } from './network/host.ts';
import { LAB_NEEDS } from './network/needs.ts';
import { EDGE, EDGE_INSIDE, Perimeter, PUBLIC } from './network/perimeter.ts';

/* Two edges of one enterprise behind the same NAT: each reaches the other's public address, by rules printed for both together. */

const MATE = '10.45.17.11';
const MATE_PUBLIC = '131.107.155.31';
const config = (own: string, told: string, inside: string, mate: string) => `realm: lab
external: { address: ${own}, public: ${told} }
internal: { address: ${inside}, networks: [192.168.0.0/16] }
federation: [{ name: pool.example, kind: standard, addresses: [${mate}] }]
credentials: { users: { alice: wonderland } }
limits: { allocations: 1000, connections: 1000 }
workers: 1
`;
const ONE = config(EDGE, PUBLIC, EDGE_INSIDE, MATE_PUBLIC);
const OTHER = config(MATE, MATE_PUBLIC, '192.168.8.10', PUBLIC);

let lab: Perimeter | undefined;
let mate: Host;
let plan: Plan;
let folder: string;
beforeAll(async () => {
  if (!LAB_NEEDS.every(isMet)) return;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lab-'));
  lab = await Perimeter.build(ONE, folder);
  plan = planOfAll([configFrom(ONE), configFrom(OTHER)], { policy: 'source-and-destination' });
  const { net } = lab;
  await net.add('mate');
  await net.cable('perimeter', '10.45.17.1/24', 'mate', `${MATE}/24`);
  await net.route('mate', 'default', '10.45.17.1');
  await net.route('nat', '10.45.17.0/24', '10.45.1.2');
  await net.route('internet', `${MATE_PUBLIC}/32`, '131.107.155.2');
  await net.load('perimeter', FORMATS.nftables.render(plan, { what: 'all', at: 'perimeter' }));
  await net.in('perimeter', 'nft', 'delete', 'table', 'ip', 'sallyport_nat'); // the NAT is the next machine
  mate = await Host.start(net, 'mate');
  await mate.ask({ do: 'open', name: 'early', port: 50_001 }); // the NAT remembers how it treated a pair of ports
  await mate.ask({ do: 'open', name: 'relay', port: 50_000 });
  await lab.host('edge').ask({ do: 'open', name: 'relay', port: 50_500 });
}, 60_000);
afterAll(async () => {
  await mate?.close();
  await lab?.close();
  if (lab !== undefined) rmSync(folder, { recursive: true });
});
beforeEach(context => requires(context, ...LAB_NEEDS));

test('with the NAT rules of one edge alone the other does not reach it: it goes unseen or by an address nobody was told', async () => {
  await mate.ask({ do: 'send', name: 'early', to: `${PUBLIC}:50500`, text: 'hello' });
  expect(await heard(lab!.host('edge'))).toEqual([]);
});

test('with those of both, each sees the other by its public address and the port it sent from', async () => {
  await lab!.net.load('nat', FORMATS.nftables.render(plan, { what: 'nat', at: 'perimeter' }));
  await mate.ask({ do: 'send', name: 'relay', to: `${PUBLIC}:50500`, text: 'hello' });
  expect(await heard(lab!.host('edge'))).toEqual([`${MATE_PUBLIC}:50000 hello`]);
  await lab!.host('edge').ask({ do: 'send', name: 'relay', to: `${MATE_PUBLIC}:50000`, text: 'hello back' });
  expect(await heard(mate)).toEqual([`${PUBLIC}:50500 hello back`]);
});

async function heard(host: Host): Promise<string[]> {
  for (let round = 0; round < 30; round++) {
    const texts = await host.ask<string[]>({ do: 'listened', name: 'relay' });
    if (texts.length > 0) return texts;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return [];
}
