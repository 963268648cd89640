import { readIptables } from './read-iptables.ts';
import { readNft } from './read-nft.ts';
import { type NotARuleList, readRuleList } from './rule-list.ts';
import type { Ruleset } from './ruleset.ts';

/** A rule list as exported: `nft -j list ruleset`, iptables-save, or our own JSON and CSV. */
export function readRules(text: string): Ruleset | NotARuleList {
  return readNft(text) ?? readIptables(text) ?? readRuleList(text);
}
