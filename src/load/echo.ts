import { loadNative } from '../native/index.ts';
import type { TransportAddress } from '../wire/index.ts';
import { NativeDatagrams } from './native-datagrams.ts';
import { NodeDatagrams } from './node-datagrams.ts';
import { Peers } from './peers.ts';

export interface Echo {
  readonly addresses: readonly TransportAddress[];
  readonly echoed: () => number;
  close(): void;
}

/** Peers without clients: for a load whose generator runs elsewhere. */
export async function echoAt(at: TransportAddress, count: number): Promise<Echo> {
  const native = loadNative();
  const now = () => performance.now();
  const datagrams = typeof native === 'string' ? new NodeDatagrams(now) : new NativeDatagrams(native, 1, now);
  const peers = new Peers(datagrams, { at, count, direction: 'echo' });
  return {
    addresses: await peers.addresses(),
    echoed: () => datagrams.echoed,
    close: () => datagrams.closeAll(),
  };
}
