import type { IceServer } from '../api/credentials.ts';
import { Attempts } from './attempts.ts';
import type { PeerFacts } from './facts.ts';
import { type GatheringHears, hearGathering } from './gathering.ts';
import { introduce, Peer } from './peer.ts';
import { probe } from './probe.ts';
import { readTurnUrl, sameTurnUrl, serversFor, urlsOf } from './turn-url.ts';
import type { Stage } from './verdict.ts';

/** Chromium asks a silent UDP address for most of a minute; nobody waits that long for a relay that works. */
const ALLOCATE_DEADLINE_MS = 12_000;
/** Failed checks take a browser some fifteen seconds to admit. */
const CONNECT_DEADLINE_MS = 30_000;
/** A connection may recover by itself; after this it will not. */
const LOST_AFTER_MS = 6_000;

export interface CallOrder {
  readonly offered: readonly IceServer[];
  readonly chosen: readonly IceServer[];
  readonly sendsA: MediaStream;
  readonly sendsB: MediaStream;
  /** Something changed: stage or attempts. */
  changed(): void;
}

/** One call between two peers of this page, from start to stop. */
export class Call {
  readonly a: Peer;
  readonly b: Peer;
  readonly attempts: Attempts;
  stage: Stage = 'connecting';
  connectedAfterMs = 0;
  readonly #order: CallOrder;
  readonly #startedMs = performance.now();
  readonly #deadlines: ReturnType<typeof setTimeout>[] = [];
  #losing: ReturnType<typeof setTimeout> | undefined;
  #gathering = 2;
  #over = false;
  readonly #portsAsked = new Set<string>();

  constructor(order: CallOrder) {
    this.#order = order;
    this.attempts = new Attempts(urlsOf(serversFor(order.offered, 'all')));
    this.a = new Peer(order.chosen, order.sendsA);
    this.b = new Peer(order.chosen, order.sendsB);
  }

  async start(): Promise<void> {
    const urls = urlsOf(this.#order.chosen);
    this.attempts.begin(urls, performance.now());
    for (const peer of [this.a, this.b]) this.#listenTo(peer, urls);
    this.#deadlines.push(
      setTimeout(() => this.#onAllocateDeadline(urls), ALLOCATE_DEADLINE_MS),
      setTimeout(() => this.#giveUp(), CONNECT_DEADLINE_MS),
    );
    this.#order.changed();
    await introduce(this.a, this.b);
    // The addresses this call does not use are asked as well: an operator wants to know all ways in.
    await this.#probe(urlsOf(serversFor(this.#order.offered, 'all')).filter(url => !urls.includes(url)));
  }

  facts(): Promise<[PeerFacts, PeerFacts]> {
    return Promise.all([this.a.facts(), this.b.facts()]);
  }

  /** Gives the relays back. Probes that still run may add to the attempts; the stage stays as it is. */
  hangUp(): void {
    this.#clearDeadlines();
    clearTimeout(this.#losing);
    this.#over = true;
    this.a.close();
    this.b.close();
  }

  /** What is heard of TURN addresses, by the call itself and by probes, goes into one book. */
  readonly #hears: Omit<GatheringHears, 'done'> = {
    relayed: (url, relay) => {
      this.attempts.relayed(url, relay, performance.now());
      this.#order.changed();
    },
    refused: (url, code, text) => {
      this.attempts.refused(url, code, text, performance.now());
      this.#order.changed();
      if (readTurnUrl(url)?.transport === 'tls') void this.#askPort(url);
    },
  };

  #listenTo({ connection }: Peer, urls: readonly string[]): void {
    let relays = 0;
    const relayed = (url: string, relay: string) => {
      relays += 1;
      this.#hears.relayed(url, relay);
    };
    hearGathering(connection, { relayed, refused: this.#hears.refused, done: () => this.#onGathered(urls, relays) });
    connection.addEventListener('connectionstatechange', () => this.#onConnectionState());
  }

  /** Without a relayed candidate on each side there is nothing to check: the call cannot come about. */
  #onGathered(urls: readonly string[], relays: number): void {
    this.#gathering -= 1;
    if (this.#gathering === 0) this.#settle(urls);
    if (relays === 0) this.#giveUp();
    this.#order.changed();
  }

  /** Once a call is connected, Chromium stops gathering: what still waits then was cut short, and is asked by itself. */
  #settle(urls: readonly string[]): void {
    const waiting = this.attempts.rows.filter(row => urls.includes(row.url) && row.outcome === 'waiting');
    if (this.stage === 'connected') void this.#probe(waiting.map(row => row.url));
    else this.attempts.finish(urls, performance.now());
  }

  #onAllocateDeadline(urls: readonly string[]): void {
    if (this.attempts.rows.some(row => urls.includes(row.url) && row.outcome === 'relayed')) return;
    this.attempts.finish(urls, performance.now());
    this.#giveUp();
  }

  #onConnectionState(): void {
    const states = [this.a, this.b].map(peer => peer.connection.connectionState);
    clearTimeout(this.#losing);
    if (states.every(state => state === 'connected')) this.#onConnected();
    else if (this.stage === 'connected' && states.includes('failed')) this.#set('lost');
    else if (this.stage === 'connected') this.#losing = setTimeout(() => this.#set('lost'), LOST_AFTER_MS);
    else if (states.includes('failed')) this.#giveUp();
    this.#order.changed();
  }

  #onConnected(): void {
    this.#clearDeadlines();
    this.connectedAfterMs ||= performance.now() - this.#startedMs;
    this.#set('connected');
  }

  #clearDeadlines(): void {
    for (const deadline of this.#deadlines.splice(0)) clearTimeout(deadline);
  }

  #giveUp(): void {
    this.#clearDeadlines();
    if (this.stage === 'connecting') this.#set('failed');
  }

  #set(stage: Stage): void {
    if (this.#over) return;
    this.stage = stage;
    this.#order.changed();
  }

  async #probe(urls: readonly string[]): Promise<void> {
    this.attempts.begin(urls, performance.now());
    await Promise.all(urls.map(url => probe(this.#serverOf(url), url, this.#hears)));
    this.attempts.finish(urls, performance.now());
    this.#order.changed();
  }

  /** A browser does not say whether a TLS port is closed or its certificate untrusted; plain TCP to the port tells. */
  async #askPort(url: string): Promise<void> {
    const read = readTurnUrl(url);
    if (read === null || this.#portsAsked.has(url)) return;
    this.#portsAsked.add(url);
    const answered = () => {
      this.attempts.portAnswers(url);
      this.#order.changed();
    };
    const refused = (_url: string, code: number) => code < 700 && answered();
    const plain = `turn:${read.host}:${read.port}?transport=tcp`;
    await probe(this.#serverOf(url), plain, { relayed: answered, refused });
  }

  #serverOf(url: string): IceServer {
    return this.#order.offered.find(({ urls }) => urls.some(u => sameTurnUrl(u, url)))!;
  }
}
