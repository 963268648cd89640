import { formatAddress, parseIp, withPort } from '../../wire/index.ts';
import type { Logger } from '../log.ts';
import type { Whence } from './access-edge.ts';

export interface SignedInEvents {
  /** The last of a user's devices is gone. */
  onSignedOut(record: string): void;
}

/** Who is signed in: a log line when the first of a user's devices comes, and when the last has gone. */
export class SignedIn {
  readonly #here = new Set<string>();
  readonly #isRegistered: (record: string) => boolean;
  readonly #log: Logger;
  readonly #events: SignedInEvents;

  constructor(isRegistered: (record: string) => boolean, log: Logger, events: SignedInEvents) {
    this.#isRegistered = isRegistered;
    this.#log = log;
    this.#events = events;
  }

  onRegistration(change: 'registered' | 'unregistered', user: string, whence: Whence | undefined): void {
    if (change === 'registered') {
      if (this.#here.has(user)) return;
      this.#here.add(user);
      this.#log.info({ user, ...whenceFields(whence) }, 'signed in');
    } else if (!this.#isRegistered(user) && this.#here.delete(user)) {
      this.#log.info({ user, ...whenceFields(whence) }, 'signed out');
      this.#events.onSignedOut(user);
    }
  }
}

/** For log lines. */
export function whenceFields(whence: Whence | undefined): Record<string, unknown> {
  if (whence === undefined) return {};
  const { transport, side, remote } = whence;
  const ip = parseIp(remote.host);
  return { from: ip === undefined ? remote.host : formatAddress(withPort(ip, remote.port)), transport, side };
}
