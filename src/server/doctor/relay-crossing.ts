import { randomBytes } from 'node:crypto';
import type { TransportAddress } from '../../wire/index.ts';
import type { Asker } from './asker.ts';
import { keyOf, type PeerSocket, TAG_LENGTH } from './peer-socket.ts';

const TRIES = 3;
const WAIT_MILLIS = 350;

/** Payloads that arrive at a relay's client, known by their tags. */
export class RelayEnd {
  readonly asker: Asker;
  readonly #expected = new Map<string, (from: TransportAddress) => void>();

  constructor(asker: Asker) {
    this.asker = asker;
    asker.onData = (peer, payload) => {
      if (payload.length >= TAG_LENGTH) this.#expected.get(keyOf(payload))?.(peer);
    };
  }

  expect(tag: Uint8Array, millis: number): Promise<TransportAddress | undefined> {
    const key = keyOf(tag);
    return new Promise(resolve => {
      const settle = (from: TransportAddress | undefined) => {
        clearTimeout(timer);
        this.#expected.delete(key);
        resolve(from);
      };
      const timer = setTimeout(() => settle(undefined), millis);
      this.#expected.set(key, settle);
    });
  }
}

/** A datagram from a relay to a socket of ours: where it came from. Tried several times, for a single one may be lost. */
export async function outward(relay: RelayEnd, peer: PeerSocket, to: TransportAddress, bytes = TAG_LENGTH) {
  return repeated(bytes, datagram => {
    const arrived = peer.expect(datagram, WAIT_MILLIS);
    relay.asker.sendTo(to, datagram);
    return arrived;
  });
}

/** A datagram to a relay: whom its client is told it came from. */
export async function inward(
  relay: Pick<RelayEnd, 'expect'>,
  sender: { send(to: TransportAddress, bytes: Uint8Array): void },
  to: TransportAddress,
  bytes = TAG_LENGTH,
) {
  return repeated(bytes, datagram => {
    const arrived = relay.expect(datagram, WAIT_MILLIS);
    sender.send(to, datagram);
    return arrived;
  });
}

async function repeated(
  bytes: number,
  cross: (datagram: Uint8Array) => Promise<TransportAddress | undefined>,
): Promise<TransportAddress | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const from = await cross(randomBytes(bytes));
    if (from !== undefined) return from;
  }
  return undefined;
}
