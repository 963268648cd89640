import { randomBytes, randomInt } from 'node:crypto';
import { familyOf, type TransportAddress } from '../wire/index.ts';
import { Churn } from './churn.ts';
import type { Datagrams } from './datagrams.ts';
import { channelEnvelope, type Envelope, indicationEnvelope } from './envelope.ts';
import { Keeper } from './keeper.ts';
import type { Lines, LinesSink } from './lines.ts';
import { Meter } from './meter.ts';
import { openDatagrams, openLines, openPeers, peerAddresses } from './open.ts';
import type { LoadOptions } from './options.ts';
import type { Peers } from './peers.ts';
import { perClient } from './per-client.ts';
import type { LoadReport } from './report.ts';
import { Session } from './session.ts';
import { type SetupResult, type SetupSettings, setUp, tearDown } from './setup.ts';
import { spin } from './spin.ts';
import { STALL_CHECK_MILLIS, Traffic } from './traffic.ts';

export type Phase = 'allocating' | 'warming up' | 'measuring' | 'draining' | 'releasing';

export interface LoadHooks {
  readonly signal?: AbortSignal;
  /** Called a few times a second. */
  readonly onProgress?: (phase: Phase, meter: Meter) => void;
}

/** The first that there is (RFC 8656 §12): each allocation has one peer. */
const CHANNEL = 0x4000;
const PROGRESS_MILLIS = 250;
const RETRANSMIT_CHECK_MILLIS = 50;
const DRAIN_CHECK_MILLIS = 50;
const MOST_DRAIN_CHECKS = 20;

const now = () => performance.now();

/** One load on one server: allocations are made, warmed up, measured, drained and released. */
export class LoadRun implements LinesSink {
  readonly #options: LoadOptions;
  readonly #hooks: LoadHooks;
  readonly #datagrams: Datagrams;
  readonly #lines: Lines;
  readonly #sessions: readonly Session[];
  readonly #envelopes: Envelope[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #setup: SetupResult = { ready: 0, failed: 0, failures: new Map() };
  readonly #meter: Meter;
  #traffic: Traffic | undefined;
  #phase: Phase = 'allocating';
  #isEnding = false;
  #wake: () => void = () => {};

  constructor(options: LoadOptions, hooks: LoadHooks = {}) {
    this.#options = options;
    this.#hooks = hooks;
    this.#datagrams = openDatagrams(options, now);
    const envelopeOf = (client: number) => this.#envelopes[client]!;
    this.#lines = openLines(options, { datagrams: this.#datagrams, envelopeOf, now }, this);
    const shared = { lines: this.#lines, credential: options.credential, idPrefix: randomBytes(8), now };
    this.#sessions = Array.from({ length: options.clients }, (_, client) => new Session(client, shared));
    this.#meter = new Meter(options, this.#datagrams, this.#lines, this.#setup, now);
  }

  async run(): Promise<LoadReport> {
    const { signal } = this.#hooks;
    const abort = () => this.#end();
    if (signal?.aborted) this.#end();
    signal?.addEventListener('abort', abort);
    this.#every(PROGRESS_MILLIS, () => this.#hooks.onProgress?.(this.#phase, this.#meter));
    this.#every(RETRANSMIT_CHECK_MILLIS, () => {
      const time = now();
      for (const session of this.#sessions) session.onTime(time);
    });
    try {
      await (this.#options.plan.kind === 'churn' ? this.#runChurn() : this.#runAllocations());
      const report = this.#meter.report();
      if (!this.#options.listsClients || this.#traffic === undefined) return report;
      return { ...report, perClient: perClient(this.#traffic, this.#sessions, this.#active()) };
    } finally {
      for (const timer of this.#timers) clearInterval(timer);
      signal?.removeEventListener('abort', abort);
      for (let client = 0; client < this.#options.clients; client++) this.#lines.close(client);
      this.#datagrams.closeAll();
    }
  }

  onControl(client: number, bytes: Uint8Array, start: number, end: number): void {
    this.#sessions[client]!.onMessage(bytes, start, end);
  }

  onPayload(client: number, bytes: Uint8Array, start: number, end: number, ticks: number): void {
    this.#traffic?.onPayload(client, bytes, start, end, ticks);
  }

  async #runChurn(): Promise<void> {
    const family = familyOf(this.#options.peerAddress);
    const churn = new Churn({ lines: this.#lines, sessions: this.#sessions, family, now });
    this.#meter.churn = churn;
    churn.onMost = () => this.#end();
    const over = churn.run();
    await this.#measure(() => {
      churn.beginMeasuring();
      churn.most = this.#options.count ?? Infinity;
    });
    churn.stop();
    await over;
  }

  async #runAllocations(): Promise<void> {
    const { plan } = this.#options;
    const peers = openPeers(this.#options, this.#datagrams);
    const addresses = await peerAddresses(this.#options, peers);
    const settings = this.#setupSettings(client => addresses[client % addresses.length]!);
    this.#wrap(settings.peerOf);
    this.#meter.beginSetup();
    await setUp(settings, this.#setup);
    this.#meter.endSetup();
    const active = this.#active();
    if (peers !== undefined) for (const client of active) this.#introduce(peers, client);
    const keeper = new Keeper(settings, active);
    this.#every(1_000, () => keeper.onSecond());
    if (plan.kind === 'traffic' && active.length > 0) this.#traffic = this.#makeTraffic(peers, active);
    await this.#send();
    this.#phase = 'releasing';
    if (this.#options.allocates) await tearDown(settings);
  }

  async #send(): Promise<void> {
    const traffic = this.#traffic;
    this.#meter.traffic = traffic;
    if (traffic === undefined) {
      if (this.#setup.ready > 0) await this.#measure(() => {});
      return;
    }
    const { count } = this.#options;
    traffic.onMost = () => this.#end();
    this.#phase = 'warming up';
    traffic.start();
    this.#drive(traffic);
    await this.#measure(() => {
      traffic.beginMeasuring();
      traffic.most = count ?? Infinity;
    });
    traffic.stop();
    await this.#drain(traffic);
  }

  /** Warms up, then lets it run for as long as was asked. */
  async #measure(begin: () => void): Promise<void> {
    this.#phase = 'warming up';
    await this.#sleep(this.#options.warmupSeconds * 1000);
    if (this.#isEnding && this.#hooks.signal?.aborted) return;
    this.#phase = 'measuring';
    begin();
    this.#meter.begin();
    await this.#sleep(this.#options.seconds * 1000);
    this.#meter.end();
  }

  /** Until nothing more comes. */
  async #drain(traffic: Traffic): Promise<void> {
    this.#phase = 'draining';
    for (let i = 0, before = -1; i < MOST_DRAIN_CHECKS && traffic.receipts.count < traffic.sent; i++) {
      if (i % 4 === 0) {
        if (traffic.arrived === before) return;
        before = traffic.arrived;
      }
      await new Promise(resolve => setTimeout(resolve, DRAIN_CHECK_MILLIS));
    }
  }

  #drive(traffic: Traffic): void {
    const { plan, spins } = this.#options;
    this.#every(STALL_CHECK_MILLIS, () => traffic.restartStalled());
    const isSending = () => this.#phase === 'measuring' || this.#phase === 'warming up';
    if (spins) spin({ traffic, now, isSending, onIdle: millis => this.#meter.addIdle(millis) });
    else if (plan.kind === 'traffic' && 'perSecond' in plan.pace) this.#every(1, () => void traffic.tick());
  }

  #makeTraffic(peers: Peers | undefined, active: readonly number[]): Traffic {
    const { plan, clients } = this.#options;
    if (plan.kind !== 'traffic') throw new TypeError('no traffic is planned');
    const source = plan.direction === 'down' && peers !== undefined ? peers : this.#lines;
    const flush = () => {
      this.#lines.flush();
      this.#datagrams.flush();
    };
    const traffic = new Traffic({ clients, active, plan, source, flush, now, mark: randomInt(2 ** 32) });
    if (peers !== undefined && plan.direction === 'up') {
      peers.onPayload = (client, bytes, start, end, ticks) => {
        traffic.onPayload(client, bytes, start, end, ticks);
      };
    }
    return traffic;
  }

  #introduce(peers: Peers, client: number): void {
    const { relay } = this.#sessions[client]!;
    const { plan } = this.#options;
    if (relay !== undefined && plan.kind === 'traffic' && plan.direction === 'down') peers.learn(client, relay);
  }

  #setupSettings(peerOf: (client: number) => TransportAddress): SetupSettings {
    return {
      lines: this.#lines,
      sessions: this.#sessions,
      peerOf,
      family: familyOf(peerOf(0)),
      channel: CHANNEL,
      usesIndications: this.#options.usesIndications,
      allocates: this.#options.allocates,
      inFlight: this.#options.setupInFlight,
      isAborted: () => this.#isEnding,
    };
  }

  #active(): number[] {
    const all = this.#sessions.map((_, client) => client);
    return this.#options.allocates ? all.filter(client => this.#sessions[client]!.relay !== undefined) : all;
  }

  #wrap(peerOf: (client: number) => TransportAddress): void {
    const channel = channelEnvelope(CHANNEL, this.#options.transport !== 'udp');
    for (let client = 0; client < this.#options.clients; client++) {
      this.#envelopes[client] = this.#options.usesIndications
        ? indicationEnvelope(peerOf(client), randomBytes(12))
        : channel;
    }
  }

  #end(): void {
    this.#isEnding = true;
    this.#wake();
  }

  /** Until then, or until the run is to end. */
  #sleep(millis: number): Promise<void> {
    if (this.#isEnding) return Promise.resolve();
    return new Promise(resolve => {
      const timer = setTimeout(resolve, millis);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #every(millis: number, task: () => void): void {
    this.#timers.push(setInterval(task, millis));
  }
}
