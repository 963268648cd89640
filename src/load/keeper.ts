import type { SetupSettings } from './setup.ts';
import { openWay } from './setup.ts';

/** Permissions last five minutes (RFC 8656 §9), channels and most allocations ten. */
const ROUND_SECONDS = 200;

/** Keeps allocations, and the ways to their peers, alive through long runs: some each second, so that it is no burst. */
export class Keeper {
  readonly #settings: SetupSettings;
  readonly #clients: readonly number[];
  #second = 0;

  constructor(settings: SetupSettings, clients: readonly number[]) {
    this.#settings = settings;
    this.#clients = clients;
  }

  onSecond(): void {
    this.#second++;
    if (!this.#settings.allocates || this.#second < ROUND_SECONDS) return;
    for (let i = this.#second % ROUND_SECONDS; i < this.#clients.length; i += ROUND_SECONDS) {
      void this.#renew(this.#clients[i]!);
    }
  }

  async #renew(client: number): Promise<void> {
    await this.#settings.sessions[client]!.refresh();
    await openWay(this.#settings, client);
  }
}
