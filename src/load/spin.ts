import type { Traffic } from './traffic.ts';

export interface SpinSettings {
  readonly traffic: Traffic;
  readonly now: () => number;
  readonly isSending: () => boolean;
  /** Time in which nothing was sent and nothing came. */
  readonly onIdle: (millis: number) => void;
}

/** Round and round the event loop: sends are as punctual as it turns, and cost a whole core. */
export function spin({ traffic, now, isSending, onIdle }: SpinSettings): void {
  let last = now();
  let arrived = traffic.arrived;
  const round = () => {
    if (!isSending()) return;
    const didSend = traffic.tick() > 0;
    const time = now();
    if (!didSend && traffic.arrived === arrived) onIdle(time - last);
    arrived = traffic.arrived;
    last = time;
    setImmediate(round);
  };
  round();
}
