import type { Attempt } from './facts.ts';
import { readTurnUrl, sameTurnUrl, type Transport } from './turn-url.ts';

/** The book of TURN addresses: what was tried, what came of it, and how long it took. */
export class Attempts {
  #rows: Attempt[];
  readonly #since = new Map<string, number>();

  constructor(urls: readonly string[]) {
    this.#rows = [...new Set(urls)].map(url => blank(url));
  }

  get rows(): readonly Attempt[] {
    return this.#rows;
  }

  /** A connection starts to gather from these addresses. */
  begin(urls: readonly string[], nowMs: number): void {
    for (const row of this.#rows.filter(({ url }) => urls.includes(url))) {
      this.#since.set(row.url, nowMs);
      this.#put({ ...row, outcome: 'waiting' });
    }
  }

  /** One success is enough: a name with two addresses may well have one that is dead. */
  relayed(url: string, relay: string, nowMs: number): void {
    const row = this.#find(url);
    if (row === undefined || row.outcome === 'relayed') return;
    this.#put({ ...row, outcome: 'relayed', relay, tookMs: this.#took(row, nowMs) });
  }

  /** The first code the relay spoke stays, even beside a success: a timeout after a 486 explains nothing. */
  refused(url: string, errorCode: number, errorText: string, nowMs: number): void {
    const row = this.#find(url);
    if (row === undefined || isSpoken(row.errorCode)) return;
    if (row.outcome === 'relayed') {
      if (isSpoken(errorCode)) this.#put({ ...row, errorCode, errorText });
      return;
    }
    this.#put({ ...row, outcome: 'failed', errorCode, errorText, tookMs: this.#took(row, nowMs) });
  }

  /** Gathering is over: what still waits will get nothing, and the browser does not say why. */
  finish(urls: readonly string[], nowMs: number): void {
    for (const row of this.#rows) {
      if (row.outcome === 'waiting' && urls.includes(row.url)) this.refused(row.url, 0, '', nowMs);
    }
  }

  portAnswers(url: string): void {
    const row = this.#find(url);
    if (row !== undefined) this.#put({ ...row, portAnswers: true });
  }

  /** A browser that leaves the address out can only mean one that still waits. */
  #find(url: string): Attempt | undefined {
    const named = this.#rows.find(row => sameTurnUrl(row.url, url));
    return named ?? (url === '' ? this.#rows.find(row => row.outcome === 'waiting') : undefined);
  }

  #took(row: Attempt, nowMs: number): number {
    return nowMs - (this.#since.get(row.url) ?? nowMs);
  }

  #put(changed: Attempt): void {
    this.#rows = this.#rows.map(row => (row.url === changed.url ? changed : row));
  }
}

/** Said by a relay, in contrast to 701, with which a browser says that no relay said anything. */
export function isSpoken(errorCode: number): boolean {
  return errorCode >= 300 && errorCode < 700;
}

function blank(url: string): Attempt {
  const transport: Transport = readTurnUrl(url)?.transport ?? 'udp';
  const nothing = { relay: '', tookMs: 0, errorCode: 0, errorText: '', portAnswers: false };
  return { url, transport, outcome: 'not-tried', ...nothing };
}
