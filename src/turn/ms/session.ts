import type { TransportAddress } from '../../wire/index.ts';
import { SequenceWindow } from './sequence-window.ts';

/** An answer that is said again when its request is. */
export interface Answered {
  readonly transactionId: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What an allocation of the Microsoft dialect has beyond one of RFC 8656. */
export class MsSession {
  /** We invent it; it stands in every message with a sequence number. */
  readonly connectionId: Uint8Array;
  /** Raw bytes: every later message must carry them. */
  readonly username: Uint8Array;
  /** What seals every later message: the key whose integrity was right in the Allocate. */
  readonly key: Uint8Array;
  readonly sequence: SequenceWindow;
  /** Payloads that the relay had carried when it was last looked at, to tell an idle one. */
  carried = 0;
  /** Whose bytes come and go bare (MS-TURN §3.3.5.3). */
  active: TransportAddress | undefined;
  /** The number of the request that set it, -1 from clients that say none. An older one changes nothing any more. */
  activeSince = -1;
  lastAllocate: Answered | undefined;
  lastSetActive: Answered | undefined;

  constructor(connectionId: Uint8Array, username: Uint8Array, key: Uint8Array, isStream: boolean) {
    this.sequence = new SequenceWindow(isStream);
    this.connectionId = connectionId;
    this.username = username;
    this.key = key;
  }
}
