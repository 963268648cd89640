import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { isMet, requires } from '../../testkit/requires.ts';
import { ROOT } from '../network/needs.ts';
import { idsOf } from '../network/told.ts';
import { Clinic } from './clinic.ts';

/* What lies between an observer and the edge besides the edge's own NAT. */

const NEEDS = [ROOT, 'ip', 'nft'];

let clinic: Clinic;
beforeAll(async () => {
  if (!NEEDS.every(isMet)) return;
  clinic = await Clinic.build();
  await clinic.startEdge();
}, 60_000);
afterAll(() => clinic?.close(), 30_000);
beforeEach(context => requires(context, ...NEEDS));
afterEach(() => clinic?.restore());

test('fragments that are dropped', async () => {
  // before the router puts them together again to translate them
  await clinic.net.load(
    'nat',
    'table ip no_fragments {\n chain in { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 drop; }\n}\n',
  );
  const told = await clinic.probeWithSecret('visitor');
  expect(idsOf(told)).toEqual(['fragments-dropped']);
  expect(told.findings[0]!.seen).toBe('1400 bytes get through, 2800 are lost both ways'); // a long indication is cut as well
});

test('a tunnel that is silent about its size', async () => {
  await clinic.net.load(
    'nat',
    'table ip tunnel {\n chain forward { type filter hook forward priority 0; meta l4proto udp meta length > 1380 drop; }\n}\n',
  );
  const told = await clinic.probeWithSecret('visitor');
  expect(idsOf(told)).toEqual(['small-path-mtu']);
  expect(told.findings[0]!.seen).toMatch(/^1200 bytes get through, 1400 are lost/);
});

test('a NAT that forgets who is silent', async () => {
  for (const timeout of ['udp_timeout', 'udp_timeout_stream']) {
    await clinic.tune('home-nat', `netfilter/nf_conntrack_${timeout}`, '3');
  }
  const told = await clinic.probeWithSecret('home', '--idle', '8s', '--ports', '0');
  expect(idsOf(told)).toEqual(['mapping-idle']);
  expect(told.findings[0]!.seen).toMatch(/^after 8 s of silence: nothing came out of the relay/);
});

test('an edge that leaves its NAT by another public address', async () => {
  await clinic.replaceNat(`chain in { type nat hook prerouting priority dstnat; ip daddr 131.107.155.30 dnat to 10.45.16.10; }
chain out { type nat hook postrouting priority srcnat; oifname "internet" ip saddr 10.45.16.10 snat to 131.107.155.31; }`);
  expect(idsOf(await clinic.probeWithSecret('visitor'))).toEqual(['leaves-by-another-address']);
});

test('a firewall that lets nothing in at all', async () => {
  await clinic.drop('iifname "internet" oifname "edge"');
  const told = await clinic.probe('visitor', '--token', await clinic.token());
  expect(idsOf(told)).toEqual(['nothing-answers']);
  expect(told.findings[0]!.rules).toEqual(['nat-in-131.107.155.30', 'external-in-udp-3478', 'external-in-tcp-443']);
});
