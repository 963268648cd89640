import { describe } from 'vitest';
import { across } from './conformance/across.ts';
import { clients } from './conformance/clients.ts';
import { packets } from './conformance/packets.ts';
import { relays } from './conformance/relays.ts';
import type { NewRig } from './conformance/stage.ts';

export type { Host, NewRig, Rig } from './conformance/stage.ts';

/** What every engine must do, tried for both families. An engine's test calls this with a rig of its own. */
export function conformance(engine: string, newRig: NewRig): void {
  for (const family of [4, 6] as const) {
    describe(`${engine}, IPv${family}`, () => {
      packets(newRig, family);
      relays(newRig, family);
      clients(newRig, family);
      across(newRig, family);
    });
  }
}
