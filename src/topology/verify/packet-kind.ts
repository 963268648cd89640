import { ofProtocol } from './conditions.ts';
import { ALWAYS, type Condition, type Hook, NEVER, type Question, when } from './ruleset.ts';

/*
 * What a packet of ours is besides its addresses and ports. Everything that is asked about is a unicast packet of UDP or TCP to or from the
 * edge: the first of its flow, or the answer to one.
 */

/** What the kernel's routes say an address is: the edge's own at its end on the edge, anybody's elsewhere. */
export function hasAddressType(end: 'source' | 'destination', types: readonly string[], negated: boolean): Condition {
  const wanted = types.map(type => type.toLowerCase());
  return ({ hook }) => when(wanted.includes(hook === OWN_END[end] ? 'local' : 'unicast') !== negated);
}

const OWN_END: Readonly<Record<'source' | 'destination', Hook>> = { source: 'output', destination: 'input' };

/** Of the link layer: to this host, and to it alone. */
export function hasPacketType(types: readonly string[], negated: boolean): Condition {
  const isOurs = types.some(type => type === 'host' || type === 'unicast');
  return ({ hook }) => (hook === 'output' ? { doubt: 'it matches the packet type' } : when(isOurs !== negated));
}

/** Reverse path filtering: whoever has no route back could not be answered either, so nothing planned is lost by it. */
export function hasNoRouteBack(negated: boolean): Condition {
  return () => when(negated);
}

/** `original`: of who sent first. */
export function hasFlowDirection(directions: readonly string[], negated: boolean): Condition {
  return ({ state }) => when(directions.includes(state === 'new' ? 'original' : 'reply') !== negated);
}

/** What stays of the flags after `mask` is compared with `flags`; `some`: one of them is enough. */
export function hasTcpFlags(
  mask: readonly string[] | undefined,
  flags: readonly string[],
  how: 'all' | 'some',
  negated: boolean,
): Condition {
  const isSyn = how === 'some' ? flags.includes('syn') : sameFlags(mask === undefined || mask.includes('syn'), flags);
  return question => {
    if (!ofProtocol('tcp')(question)) return NEVER;
    if (question.state !== 'new') return { doubt: 'it matches TCP flags' };
    return when(isSyn !== negated);
  };
}

/** A first packet has SYN and no other flag. */
function sameFlags(isSynSeen: boolean, flags: readonly string[]): boolean {
  const wanted = flags.filter(flag => flag !== 'none');
  return isSynSeen ? wanted.length === 1 && wanted[0] === 'syn' : wanted.length === 0;
}

/** Only TCP has it, and what clients put there is not known. */
export function doubtfulForTcp(doubt: string): Condition {
  return (question: Question) => (ofProtocol('tcp')(question) ? { doubt } : NEVER);
}

/** Extension headers that route or are for hops on the way: media has none. */
export function hasExtensionHeader(negated: boolean): Condition {
  return () => (negated ? ALWAYS : NEVER);
}
