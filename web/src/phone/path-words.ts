import type { PeerFacts } from '../call/facts.ts';

/** The way packets take, in words: `Through the relay over TLS`. */
export interface PathWords {
  readonly way: string;
  readonly isRelayed: boolean;
  /** `1.2 Mbit/s · 23 ms`, as far as known. */
  readonly figures: string;
}

/** A call is relayed when one of its ends is; how the other end reaches its relay is not known here. */
export function pathWords({ local, remote, roundTripMs }: PeerFacts, kbits: number | null): PathWords | null {
  if (local === null) return null;
  const isRelayed = local.type === 'relay' || remote?.type === 'relay';
  const over = (local.type === 'relay' ? (local.relayProtocol ?? local.protocol) : local.protocol).toUpperCase();
  const way =
    local.type === 'relay'
      ? `Through the relay over ${over}`
      : `${isRelayed ? 'To the other end’s relay' : 'Direct'} over ${over}`;
  const figures = [kbits === null ? '' : bitrate(kbits), roundTripMs === null ? '' : milliseconds(roundTripMs)];
  return { way, isRelayed, figures: figures.filter(figure => figure !== '').join(' · ') };
}

export function bitrate(kbits: number): string {
  return kbits < 1000 ? `${Math.round(kbits)} kbit/s` : `${(kbits / 1000).toFixed(1)} Mbit/s`;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours === 0 ? `${minutes}:${two(seconds % 60)}` : `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}

/** `just now`, `5 min ago`, `3 h ago`, then the day. */
export function ago(thenMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - thenMs) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(thenMs).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}
