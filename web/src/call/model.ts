import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { type CredentialsAnswer, mint } from '../api/credentials.ts';
import { Call } from './call.ts';
import { NOTHING_YET } from './facts.ts';
import { type History, NO_HISTORY, SAMPLE_MS, type Sample, withSample } from './history.ts';
import { camera, generatedFor, type Source, type SourceKind } from './source.ts';
import { type Choice, serversFor, urlsOf } from './turn-url.ts';
import { type Evidence, judge, type Verdict } from './verdict.ts';

const NO_EVIDENCE: Omit<Evidence, 'choice'> = {
  stage: 'idle',
  credentials: null,
  cameraRefused: '',
  offered: 0,
  attempts: [],
  a: NOTHING_YET,
  b: NOTHING_YET,
};

/** What the page knows and can do. Views read the signals; nothing else changes them. */
export class CallModel {
  readonly token = signal('');
  /** Where credentials come from when there is no token: a user who is signed in has some. */
  readonly mintForUser = signal<(() => Promise<CredentialsAnswer>) | null>(null);
  readonly canMint = computed(() => this.token.value !== '' || this.mintForUser.value !== null);
  readonly choice = signal<Choice>('all');
  readonly picture = signal<SourceKind>('generated');
  readonly evidence = signal<Evidence>({ ...NO_EVIDENCE, choice: 'all' });
  readonly history = signal<History>(NO_HISTORY);
  readonly receivedByA = signal<MediaStream | null>(null);
  readonly receivedByB = signal<MediaStream | null>(null);
  readonly connectedAfterMs = signal(0);
  readonly verdict: ReadonlySignal<Verdict> = computed(() => judge(this.evidence.value));
  readonly running = computed(() => ['asking', 'connecting', 'connected', 'lost'].includes(this.evidence.value.stage));

  #call: Call | null = null;
  #sources: Source[] = [];
  #sampling: ReturnType<typeof setInterval> | undefined;
  #before: Sample | null = null;
  /** Each start has a number: an answer that comes after a stop belongs to nobody. */
  #turn = 0;

  mint(): Promise<CredentialsAnswer> {
    const forUser = this.mintForUser.value;
    return this.token.value === '' && forUser !== null ? forUser() : mint(this.token.value);
  }

  async start(): Promise<void> {
    this.#end();
    const turn = ++this.#turn;
    this.#begin();
    const credentials = await this.mint();
    if (turn !== this.#turn) return;
    if (!credentials.ok) return this.#note({ credentials, stage: 'failed' });
    const chosen = serversFor(credentials.minted.iceServers, this.choice.value);
    this.#note({ credentials, offered: urlsOf(chosen).length });
    if (chosen.length === 0) return this.#note({ stage: 'failed' });
    if (await this.#openSources(turn)) await this.#dial(credentials, turn);
  }

  stop(): void {
    this.#turn++;
    this.#end();
    this.#note({ stage: 'stopped' });
  }

  #begin(): void {
    this.evidence.value = { ...NO_EVIDENCE, choice: this.choice.value, stage: 'asking' };
    this.history.value = NO_HISTORY;
    this.connectedAfterMs.value = 0;
    this.#before = null;
  }

  /** Peer A sends the camera if that was asked for; peer B always sends the generated picture. */
  async #openSources(turn: number): Promise<boolean> {
    try {
      const a = this.picture.value === 'camera' ? await camera() : generatedFor('A');
      if (turn === this.#turn) this.#sources = [a, generatedFor('B')];
      else a.stop();
      return turn === this.#turn;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (turn === this.#turn) this.#note({ cameraRefused: said, stage: 'failed' });
      return false;
    }
  }

  async #dial(credentials: CredentialsAnswer & { ok: true }, turn: number): Promise<void> {
    const offered = credentials.minted.iceServers;
    const [sendsA, sendsB] = this.#sources.map(source => source.stream);
    if (sendsA === undefined || sendsB === undefined) return;
    const changed = () => {
      if (turn === this.#turn) this.#onCallChanged(call);
    };
    const call: Call = new Call({ offered, chosen: serversFor(offered, this.choice.value), sendsA, sendsB, changed });
    this.#call = call;
    this.receivedByA.value = call.a.received;
    this.receivedByB.value = call.b.received;
    this.#sampling = setInterval(() => void this.#sample(call, turn), SAMPLE_MS);
    await call.start();
  }

  #onCallChanged(call: Call): void {
    this.connectedAfterMs.value = call.connectedAfterMs;
    this.#note({ stage: call.stage, attempts: call.attempts.rows });
  }

  async #sample(call: Call, turn: number): Promise<void> {
    const [a, b] = await call.facts();
    if (turn !== this.#turn) return;
    const now: Sample = { atMs: performance.now(), a, b };
    this.history.value = withSample(this.history.value, this.#before, now);
    this.#before = now;
    this.#note({ a, b });
    if (call.stage === 'failed') this.#end();
  }

  #note(change: Partial<Evidence>): void {
    this.evidence.value = { ...this.evidence.value, ...change };
  }

  /** Gives everything back: relays, camera, timers. */
  #end(): void {
    clearInterval(this.#sampling);
    this.#call?.hangUp();
    this.#call = null;
    for (const source of this.#sources.splice(0)) source.stop();
    this.receivedByA.value = null;
    this.receivedByB.value = null;
  }
}
