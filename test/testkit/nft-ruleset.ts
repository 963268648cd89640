import { type Box, numberOf } from '../../src/topology/verify/box.ts';
import { evaluate } from '../../src/topology/verify/evaluate.ts';
import { readNft } from '../../src/topology/verify/read-nft.ts';
import type { Question, Ruleset } from '../../src/topology/verify/ruleset.ts';
import { parseIp } from '../../src/wire/index.ts';

/* Rulesets as `nft -j list ruleset` prints them, and what becomes of a packet. */

export const UDP: Question = { hook: 'input', family: 4, protocol: 'udp', state: 'new', device: 'eth0' };
export const TCP: Question = { ...UDP, protocol: 'tcp' };
export const ACCEPT = { accept: null };

export function field(protocol: string, name: string) {
  return { payload: { protocol, field: name } };
}

export function match(left: unknown, right: unknown) {
  return { match: { op: '==', left, right } };
}

export function rulesetOf(rules: readonly (readonly unknown[])[], more: readonly unknown[] = []): Ruleset {
  const [family, table] = ['inet', 'fw'];
  const office = match(field('ip', 'saddr'), { prefix: { addr: '203.0.113.0', len: 24 } });
  return readNft(
    JSON.stringify({
      nftables: [
        { metainfo: { version: '1.0.6' } },
        { chain: { family, table, name: 'input', type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
        { chain: { family, table, name: 'office' } },
        { chain: { family, table, name: 'noting' } },
        {
          rule: {
            family,
            table,
            chain: 'noting',
            handle: 5,
            expr: [{ limit: { rate: 1, per: 'second' } }, { log: null }],
          },
        },
        {
          set: {
            family,
            table,
            name: 'friends',
            type: 'ipv4_addr',
            elem: [{ elem: { val: '203.0.113.9', timeout: 60 } }],
          },
        },
        { rule: { family, table, chain: 'office', handle: 4, expr: [office, ACCEPT] } },
        ...rules.map((expr, i) => ({ rule: { family, table, chain: 'input', handle: 10 + i, expr } })),
        ...more,
      ],
    }),
  )!;
}

export function fateOf(ruleset: Ruleset, source: string, port: number, question: Question): string {
  const from = numberOf(parseIp(source)!);
  const box: Box = {
    source: { first: from, last: from },
    sourcePort: { first: 9n, last: 9n },
    destination: { first: 1n, last: 1n },
    destinationPort: { first: BigInt(port), last: BigInt(port) },
  };
  const { accepted, dropped } = evaluate(ruleset, question, [box]);
  const doubt = [...accepted, ...dropped].find(piece => piece.doubt !== undefined)?.doubt;
  if (accepted.length > 0 && dropped.length > 0) return `doubtful: ${doubt}`;
  return accepted.length > 0 ? 'accepted' : 'dropped';
}
