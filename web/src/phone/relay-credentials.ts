import type { SignInAnswer, SipLogin } from '../api/access.ts';
import type { IceServer, Minted } from '../api/credentials.ts';

/** A call that begins should have some time before its credentials end. */
const LEAST_MS = 5 * 60_000;
const RETRY_MS = 30_000;
/** Longer than a browser's timers can wait; credentials live hours, not weeks. */
const LONGEST_MS = 24 * 3_600_000;

export interface RelayCredentialsHears {
  renewed(servers: readonly IceServer[], sip: SipLogin | null): void;
  /** The edge no longer gives any to this user. */
  refused(answer: SignInAnswer & { ok: false }): void;
}

/** `iceServers` that do not run out while somebody is signed in. */
export class RelayCredentials {
  readonly #mint: () => Promise<SignInAnswer>;
  readonly #hears: RelayCredentialsHears;
  #minted: Minted;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(minted: Minted, mint: () => Promise<SignInAnswer>, hears: RelayCredentialsHears) {
    this.#minted = minted;
    this.#mint = mint;
    this.#hears = hears;
    this.#wait();
  }

  /** For a call that begins now. A machine that slept may have missed the renewal: then it is made up for first. */
  async forCall(): Promise<readonly IceServer[]> {
    if (this.#minted.expiresAt.getTime() - Date.now() < LEAST_MS) await this.#renew();
    return this.#minted.iceServers;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    const answer = await this.#mint();
    if (answer.ok) {
      this.#minted = answer.minted;
      this.#hears.renewed(answer.minted.iceServers, answer.sip);
    } else if (answer.why === 'password-wrong') this.#hears.refused(answer);
    this.#wait(answer.ok ? undefined : RETRY_MS);
  }

  #wait(ms = renewInMs(this.#minted.expiresAt.getTime(), Date.now())): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), ms);
  }
}

/** When three quarters of the time are over: a renewal that fails has time to be tried again. */
export function renewInMs(expiresAtMs: number, nowMs: number): number {
  return Math.min(LONGEST_MS, Math.max(RETRY_MS, 0.75 * (expiresAtMs - nowMs)));
}
