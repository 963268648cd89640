import type { PortFacts, PortSpan } from '../../topology/doctor/index.ts';
import { type IpAddress, type TransportAddress, withPort } from '../../wire/index.ts';
import type { PeerSocket } from './peer-socket.ts';
import { inward } from './relay-crossing.ts';
import { type Door, openRelay, type Visitor } from './visitor.ts';

export interface PortTrial {
  readonly visitor: Visitor;
  readonly door: Door;
  readonly family: 4 | 6;
  /** Undefined where nobody has told: then all ports are those that turn up. */
  readonly range: PortSpan | undefined;
  /** How many different ports; all of the range when it is that many. */
  readonly wanted: number;
  /** Who sends, and as whom the edge sees it. */
  readonly sender: Pick<PeerSocket, 'send'>;
  readonly seenAs: IpAddress;
  /** Where relays are reached: their own address unless given. */
  readonly at?: IpAddress | undefined;
  readonly onProgress: (tried: number, wanted: number) => void;
}

/** Fewer than limits.allocationsPerUser lets one user have. */
const MOST_AT_ONCE = 48;
const PORTS_PER_WORKER = 4;
const MOST_PORTS = 65_535;
const LEAST_IN_VAIN = 200;

/**
 * A datagram to many relay ports. The edge draws ports, so those that were tried are drawn again: all of a range of n takes about n ln n
 * allocations, some thousand a second. What others hold is never drawn, and counted as untried.
 */
export async function tryPorts(trial: PortTrial): Promise<PortFacts> {
  const { range, wanted } = trial;
  const all = range === undefined ? MOST_PORTS : range.last - range.first + 1;
  const draw = new Draw(Math.min(wanted, all));
  const workers = Math.min(MOST_AT_ONCE, Math.max(1, Math.ceil(wanted / PORTS_PER_WORKER)));
  await Promise.all(Array.from({ length: workers }, () => work(trial, draw)));
  const { reached, lost } = draw;
  const untried = range !== undefined && wanted >= all ? all - reached.size - lost.size : 0;
  return { reached: [...reached].toSorted(byNumber), lost: [...lost].toSorted(byNumber), untried };
}

class Draw {
  readonly reached = new Set<number>();
  readonly lost = new Set<number>();
  readonly wanted: number;
  readonly #claimed = new Set<number>();
  #inVain = 0;

  constructor(wanted: number) {
    this.wanted = wanted;
  }

  get tried(): number {
    return this.reached.size + this.lost.size;
  }

  /** Whether one more is worth it. Ports that are in use are drawn by nobody: having seen k, one of k + 1 shows within 4k draws but for one time in fifty. */
  another(): boolean {
    return this.#claimed.size < this.wanted && this.#inVain < LEAST_IN_VAIN + 4 * this.#claimed.size;
  }

  /** Whether this port is to be tried: by whoever asks first. */
  claim(port: number): boolean {
    if (this.#claimed.size >= this.wanted || this.#claimed.has(port)) {
      this.#inVain++;
      return false;
    }
    this.#inVain = 0;
    this.#claimed.add(port);
    return true;
  }
}

/** One client, one allocation after another: its nonce is good for all of them. */
async function work(trial: PortTrial, draw: Draw): Promise<void> {
  const opened = await openRelay(trial.visitor, trial.door, trial.family);
  if ('code' in opened) return;
  const { end } = opened;
  try {
    for (let relayed: TransportAddress | undefined = opened.relayed; relayed !== undefined; ) {
      if (draw.claim(relayed.port)) {
        await tryOne(trial, draw, end, relayed);
        trial.onProgress(draw.tried, draw.wanted);
      }
      if (!draw.another()) return;
      await end.asker.release();
      const answer = await end.asker.allocate(trial.family);
      relayed = answer.said === 'success' ? answer.value : undefined;
    }
  } finally {
    await end.asker.close();
  }
}

async function tryOne(
  { sender, seenAs, at }: PortTrial,
  draw: Draw,
  end: Parameters<typeof inward>[0] & { readonly asker: { permit(ip: IpAddress): Promise<unknown> } },
  relayed: TransportAddress,
): Promise<void> {
  await end.asker.permit(seenAs);
  const from = await inward(end, sender, withPort(at ?? relayed, relayed.port));
  (from === undefined ? draw.lost : draw.reached).add(relayed.port);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
