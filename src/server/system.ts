import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { ProcessFigures, SecretReaders } from '../control/index.ts';
import { loadNative } from '../native/index.ts';
import { type IpAddress, parseIp } from '../wire/index.ts';
import { clock } from './clock.ts';

const startedAt = clock.now() - process.uptime() * 1000;

/** What the process itself costs. */
export function processFigures(): ProcessFigures {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    cpuUserSeconds: user / 1e6,
    cpuSystemSeconds: system / 1e6,
    startedAt,
  };
}

/** Every address of every interface of this machine. */
export function machineAddresses(): IpAddress[] {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .map(({ address }) => parseIp(address.replace(/%.*$/, '')))
    .filter(ip => ip !== undefined);
}

/** Where secrets are read from: this process's environment and the disk. */
export const secretReaders: SecretReaders = {
  env: name => process.env[name],
  file: path => readFileSync(path, 'utf8'),
};

/** This package's version. The same path from `src/server` and from `dist/server`. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Whether this machine has what TCP relays take, whatever the engine (ADR 0013). */
export function hasTcpRelays(): boolean {
  return typeof loadNative() !== 'string';
}
