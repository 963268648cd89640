import { lengthOfAddress } from '../../../native/index.ts';

/** Runs are made of datagrams that fit into an Ethernet frame; longer ones would be refused by most ways out. */
const LARGEST_IN_RUN = { 4: 1472, 6: 1452 } as const;

export const NOTHING = -1;

/** One UDP socket with what waits to be sent through it. `owner` is the listener's or the relay's number. */
export class BatchSocket {
  readonly fd: number;
  readonly family: 4 | 6;
  readonly isRelay: boolean;
  readonly owner: number;
  readonly nameLength: number;
  /** The largest datagram that runs are made of; 0 once the kernel has refused them. */
  largestInRun: number;
  /** How many datagrams to ask for at once. A kernel asked for more than there are looks for one in vain. */
  want: number;
  /** How often in a row half of that would have done. */
  spared = 0;
  /** The round in which it was last read. */
  readIn = 0;
  doesFragment = true;
  /** The port that a datagram was last sent to whole. */
  wholeTo = 0;
  /** Whether the kernel may put datagrams together for it. */
  receivesRuns = false;
  /** The queue's first and last entry. */
  head = NOTHING;
  tail = NOTHING;

  constructor(fd: number, family: 4 | 6, isRelay: boolean, owner: number, want: number, makesRuns: boolean) {
    this.fd = fd;
    this.family = family;
    this.isRelay = isRelay;
    this.owner = owner;
    this.nameLength = lengthOfAddress(family);
    this.largestInRun = makesRuns ? LARGEST_IN_RUN[family] : 0;
    this.want = want;
  }
}
