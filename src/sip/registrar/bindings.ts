import type { Millis } from '../../wire/index.ts';
import { type Deadlines, Timer } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';
import type { FlowId } from '../flows.ts';
import type { Binding } from './binding.ts';

/** Everybody's bindings: by address of record, and by the flow they go with. */
export class Bindings {
  readonly #byRecord = new Map<string, Binding[]>();
  readonly #recordsOfFlow = new Map<FlowId, Set<string>>();
  readonly #timers = new Map<string, Timer>();
  readonly #deadlines: Deadlines;
  #size = 0;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#size;
  }

  /** Users with at least one binding. */
  get records(): number {
    return this.#byRecord.size;
  }

  of(record: string, now: Millis): readonly Binding[] {
    return (this.#byRecord.get(record) ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  /** All of a user's bindings at once: a REGISTER does everything or nothing. */
  replaceAll(record: string, bindings: readonly Binding[]): void {
    const old = this.#byRecord.get(record) ?? [];
    this.#size += bindings.length - old.length;
    for (const { flow } of old) this.#unlist(flow, record);
    if (bindings.length === 0) {
      this.#forget(record);
      return;
    }
    this.#byRecord.set(record, [...bindings]);
    for (const { flow } of bindings) this.#recordsOf(flow).add(record);
    this.#wake(record);
  }

  /** A flow closed: its bindings lead nowhere now. Its client has to register again anyway. */
  onFlowClosed(flow: FlowId, effects: SipEffect[]): void {
    for (const record of this.#recordsOfFlow.get(flow) ?? []) {
      const left = this.#byRecord.get(record)!.filter(binding => binding.flow !== flow);
      this.replaceAll(record, left);
      effects.push({ do: 'unregistered', record, flow });
    }
  }

  #onDue(record: string, now: Millis, effects: SipEffect[]): void {
    const [over, left] = [
      this.#byRecord.get(record)!.filter(({ expiresAt }) => expiresAt <= now),
      this.of(record, now),
    ];
    this.replaceAll(record, left);
    for (const { flow } of over) effects.push({ do: 'unregistered', record, flow });
  }

  #wake(record: string): void {
    const timer = this.#timers.get(record) ?? new Timer((now, effects) => this.#onDue(record, now, effects));
    this.#timers.set(record, timer);
    this.#deadlines.wakeBy(timer, Math.min(...this.#byRecord.get(record)!.map(({ expiresAt }) => expiresAt)));
  }

  #forget(record: string): void {
    this.#byRecord.delete(record);
    const timer = this.#timers.get(record);
    if (timer !== undefined) this.#deadlines.remove(timer);
    this.#timers.delete(record);
  }

  #recordsOf(flow: FlowId): Set<string> {
    const records = this.#recordsOfFlow.get(flow) ?? new Set();
    this.#recordsOfFlow.set(flow, records);
    return records;
  }

  #unlist(flow: FlowId, record: string): void {
    const records = this.#recordsOfFlow.get(flow);
    records?.delete(record);
    if (records?.size === 0) this.#recordsOfFlow.delete(flow);
  }
}
