import type { Duplex } from 'node:stream';

/** Told of what went across, while it does. */
export interface Spliced {
  fromFirst(bytes: number): void;
  fromSecond(bytes: number): void;
  /** Both are closed. */
  onEnd(): void;
}

/**
 * Joins two streams: what one says the other hears, byte for byte. Whoever reads slowly slows down who writes, so that no more than the
 * streams' own buffers is held; the end of one direction ends that direction only; a broken stream breaks the other.
 */
export function splice(first: Duplex, second: Duplex, told: Spliced): void {
  first.allowHalfOpen = second.allowHalfOpen = true;
  let open = 2;
  const onClose = (closed: Duplex, other: Duplex) => {
    const isOrderly = closed.readableEnded && closed.writableFinished;
    if (!isOrderly) other.destroy();
    if (--open === 0) told.onEnd();
  };
  first.once('close', () => onClose(first, second));
  second.once('close', () => onClose(second, first));
  pour(first, second, told.fromFirst.bind(told));
  pour(second, first, told.fromSecond.bind(told));
  // One that broke before it came here will not say so again.
  if (first.destroyed) second.destroy();
  if (second.destroyed) first.destroy();
}

function pour(from: Duplex, to: Duplex, count: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    if (to.destroyed || to.writableEnded) return;
    count(chunk.length);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => {}); // 'close' follows
  from.resume();
}
