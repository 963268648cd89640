import type { Registry } from '@prometheus-io/client';
import type { Millis } from '../wire/index.ts';
import { suppliedCounter, suppliedGauge } from './supplied-metrics.ts';

export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuUserSeconds: number;
  readonly cpuSystemSeconds: number;
  readonly startedAt: Millis;
}

/** What the process costs, under the names that dashboards know. */
export function processMetrics(registry: Registry, read: () => ProcessFigures): void {
  suppliedGauge(registry, 'process_resident_memory_bytes', 'Resident memory.', () => read().residentBytes);
  suppliedGauge(registry, 'nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => read().heapUsedBytes);
  suppliedGauge(
    registry,
    'process_start_time_seconds',
    'When the process started.',
    () => read().startedAt / 1000,
    undefined,
    'min',
  );
  suppliedCounter(registry, 'process_cpu_seconds_total', 'CPU time used, user and system.', () => {
    const { cpuUserSeconds, cpuSystemSeconds } = read();
    return cpuUserSeconds + cpuSystemSeconds;
  });
}
