import type { Transport } from '../../topology/doctor/index.ts';
import type { IpAddress, TransportAddress } from '../../wire/index.ts';
import type { ClientCredential } from '../turn-client.ts';
import { Asker } from './asker.ts';
import { type LineOptions, openLine } from './line.ts';
import { RelayEnd } from './relay-crossing.ts';

/** Who tries an edge: with what credentials, from where, trusting whom. */
export interface Visitor extends LineOptions {
  readonly standard: ClientCredential | undefined;
  readonly microsoft: ClientCredential | undefined;
  readonly from?: IpAddress | undefined;
}

/** A listener of the edge as it is dialled. */
export interface Door {
  readonly transport: Transport;
  readonly to: TransportAddress;
}

/** An allocation at a door, or why there is none: a code, 0 for no answer. */
export async function openRelay(
  visitor: Visitor,
  { transport, to }: Door,
  family: 4 | 6,
  protocol?: number,
): Promise<{ readonly end: RelayEnd; readonly relayed: TransportAddress } | { readonly code: number }> {
  const line = await openLine(transport, to, visitor);
  if (typeof line === 'string') return { code: 0 };
  const asker = new Asker(line, visitor.standard);
  const answer = await asker.allocate(family, protocol);
  if (answer.said === 'success') return { end: new RelayEnd(asker), relayed: answer.value };
  await asker.close();
  return { code: answer.said === 'error' ? answer.code : 0 };
}
