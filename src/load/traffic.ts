import { Histogram } from './histogram.ts';
import type { TrafficPlan } from './options.ts';
import { Pacer } from './pacer.ts';
import { Receipts } from './receipts.ts';
import { markIn, STAMP_LENGTH, TICKS_PER_MILLI, ticksOf } from './stamp.ts';

/** Where payloads begin: clients' lines, or peers. */
export interface Source {
  sendPayload(client: number, size: number, mark: number, sequence: number, ticks: number): void;
}

export interface TrafficSettings {
  /** How many there are, and which of them can send. */
  readonly clients: number;
  readonly active: readonly number[];
  readonly plan: TrafficPlan;
  readonly source: Source;
  readonly flush: () => void;
  readonly now: () => number;
  /** Tells payloads of this run from others'. */
  readonly mark: number;
}

/** How often to look for closed loops that heard nothing: they have lost what was under way, and begin anew. */
export const STALL_CHECK_MILLIS = 500;

/** Sends as the plan says, and keeps count of what arrives. */
export class Traffic {
  readonly receipts: Receipts;
  /** How late sends were against their schedule, in ticks. */
  readonly lag = new Histogram();
  sent = 0;
  /** How many of each client's. */
  readonly sentBy: Uint32Array;
  /** Everything that arrived where it was meant to, also before and after what is measured. */
  arrived = 0;
  /** Sending ends by itself here. */
  most = Infinity;
  onMost: () => void = () => {};
  readonly #settings: TrafficSettings;
  readonly #pacer: Pacer | undefined;
  readonly #inFlight: number;
  readonly #underWay: Int32Array;
  readonly #sequence: Uint32Array;
  /** Whether anything came since the last look. */
  readonly #heard: Uint8Array;
  readonly #emit: (flow: number, lateMillis: number) => void;
  #mark: number;
  #ticks = 0;
  #isOn = false;

  constructor(settings: TrafficSettings) {
    const { clients, active, plan, mark } = settings;
    this.#settings = settings;
    this.receipts = new Receipts(clients);
    this.#pacer = 'perSecond' in plan.pace ? new Pacer(active.length, plan.pace.perSecond) : undefined;
    this.#inFlight = 'inFlight' in plan.pace ? plan.pace.inFlight : 0;
    this.sentBy = new Uint32Array(clients);
    this.#underWay = new Int32Array(clients);
    this.#sequence = new Uint32Array(clients);
    this.#heard = new Uint8Array(clients);
    this.#mark = mark;
    this.#emit = (flow: number, lateMillis: number) => {
      this.lag.record((lateMillis * TICKS_PER_MILLI) >>> 0);
      this.#sendTrain(active[flow]!);
    };
  }

  get skipped(): number {
    return this.#pacer?.skipped ?? 0;
  }

  start(): void {
    const now = this.#settings.now();
    this.#isOn = true;
    this.#pacer?.start(now);
    this.#ticks = ticksOf(now);
    if (this.#pacer === undefined) {
      for (const client of this.#settings.active) this.#fill(client);
      this.#settings.flush();
    }
  }

  /** Sending ends; what is under way may still arrive. */
  stop(): void {
    this.#isOn = false;
  }

  /** What is measured begins here: what was sent before counts no more, also when it arrives later. */
  beginMeasuring(): void {
    this.#mark = (this.#mark + 1) >>> 0;
    this.receipts.reset();
    this.lag.reset();
    this.sent = 0;
    this.sentBy.fill(0);
    if (this.#pacer !== undefined) this.#pacer.skipped = 0;
  }

  /** Sends what is due by the clock, and returns how much that was. */
  tick(): number {
    if (this.#pacer === undefined || !this.#isOn) return 0;
    const now = this.#settings.now();
    this.#ticks = ticksOf(now);
    const trains = this.#pacer.run(now, this.#emit);
    if (trains > 0) this.#settings.flush();
    return trains;
  }

  /** To be called each STALL_CHECK_MILLIS. */
  restartStalled(): void {
    if (!this.#isOn || this.#inFlight === 0) return;
    this.#ticks = ticksOf(this.#settings.now());
    for (const client of this.#settings.active) {
      if (this.#heard[client] === 0) {
        this.#underWay[client] = 0;
        this.#fill(client);
      }
      this.#heard[client] = 0;
    }
    this.#settings.flush();
  }

  /** A payload of the client came to its destination. The sends it causes go out with the flush at the end of the turn. */
  onPayload(client: number, bytes: Uint8Array, start: number, end: number, ticks: number): void {
    if (end - start < STAMP_LENGTH || client >= this.#settings.clients) return;
    const mark = markIn(bytes, start);
    if (mark === this.#mark) this.receipts.record(client, bytes, start, end, ticks);
    else if (mark !== (this.#mark - 1) >>> 0) return;
    this.arrived++;
    if (this.#inFlight === 0) return;
    this.#heard[client] = 1;
    if (this.#underWay[client]! > 0) this.#underWay[client]!--;
    if (!this.#isOn || this.#underWay[client]! >= this.#inFlight) return;
    this.#ticks = ticks;
    this.#underWay[client]!++;
    this.#send(client, this.#settings.plan.sizes[0]!);
  }

  #fill(client: number): void {
    this.#heard[client] = 1;
    while (this.#isOn && this.#underWay[client]! < this.#inFlight) {
      this.#underWay[client]!++;
      this.#send(client, this.#settings.plan.sizes[0]!);
    }
  }

  #sendTrain(client: number): void {
    const { sizes } = this.#settings.plan;
    for (let i = 0; i < sizes.length && this.#isOn; i++) this.#send(client, sizes[i]!);
  }

  #send(client: number, size: number): void {
    this.#settings.source.sendPayload(client, size, this.#mark, this.#sequence[client]!++, this.#ticks);
    this.sentBy[client]!++;
    if (++this.sent < this.most) return;
    this.#isOn = false;
    this.onMost();
  }
}
