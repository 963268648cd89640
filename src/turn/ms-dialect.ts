import { type Millis, MS_TYPES, MsMessageView } from '../wire/index.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import { onMsAllocate } from './ms/allocate.ts';
import { MsSender } from './ms/send.ts';
import { onMsSetActiveDestination } from './ms/set-active-destination.ts';
import type { Client } from './questions.ts';
import { silence } from './refuse.ts';

const RESPONSE = 0x0100;

/** MS-TURN over the same core of allocations. Reads each message and hands it to its method; holds no state of its own. */
export class MsDialect {
  readonly #core: Core;
  readonly #sender: MsSender;
  readonly #view = new MsMessageView();

  constructor(core: Core) {
    this.#core = core;
    this.#sender = new MsSender(core);
  }

  onMessage(client: Client, bytes: Uint8Array, start: number, end: number, now: Millis): readonly Effect[] {
    const view = this.#view;
    if (view.read(bytes, start, end) !== 'ok') return silence(client, 'malformed');
    switch (view.type) {
      case MS_TYPES.SendRequest:
        return this.#sender.onSend(client, view);
      case MS_TYPES.AllocateRequest:
        return onMsAllocate(this.#core, { client, view, now });
      case MS_TYPES.SetActiveDestinationRequest:
        return onMsSetActiveDestination(this.#core, { client, view, now });
      default:
        return silence(client, (view.type & RESPONSE) === 0 ? 'stranger-method' : 'stray-response');
    }
  }
}
