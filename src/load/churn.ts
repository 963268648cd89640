import { Histogram } from './histogram.ts';
import type { Lines } from './lines.ts';
import type { Answer, Session } from './session.ts';
import { TICKS_PER_MILLI } from './stamp.ts';

export interface ChurnSettings {
  readonly lines: Lines;
  readonly sessions: readonly Session[];
  readonly family: 4 | 6;
  readonly now: () => number;
}

/** Each client makes an allocation and ends it, on a new line every time, as calls come and go. */
export class Churn {
  readonly duration = new Histogram();
  readonly failures = new Map<string, number>();
  ended = 0;
  failed = 0;
  most = Infinity;
  onMost: () => void = () => {};
  readonly #settings: ChurnSettings;
  #isOn = true;

  constructor(settings: ChurnSettings) {
    this.#settings = settings;
  }

  beginMeasuring(): void {
    this.duration.reset();
    this.failures.clear();
    this.ended = 0;
    this.failed = 0;
  }

  stop(): void {
    this.#isOn = false;
  }

  /** Until it is stopped; every allocation is ended then. */
  async run(): Promise<void> {
    await Promise.all(this.#settings.sessions.map((session, client) => this.#cycle(session, client)));
  }

  async #cycle(session: Session, client: number): Promise<void> {
    while (this.#isOn) {
      const why = await this.#once(session, client);
      this.#settings.lines.close(client);
      if (why === undefined) this.ended++;
      else this.#fail(why);
      if (this.ended >= this.most) {
        this.stop();
        this.onMost();
      }
    }
  }

  async #once(session: Session, client: number): Promise<string | undefined> {
    const { lines, family, now } = this.#settings;
    session.restart();
    const started = now();
    try {
      await lines.open(client);
    } catch (error) {
      return `connection: ${(error as Error).message}`;
    }
    const allocated = await session.allocate(family);
    if (allocated !== 'ok') return failureOf('Allocate', allocated);
    this.duration.record(((now() - started) * TICKS_PER_MILLI) >>> 0);
    const ended = await session.refresh(0);
    return ended === 'ok' ? undefined : failureOf('Refresh', ended);
  }

  #fail(why: string): void {
    this.failed++;
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }
}

export function failureOf(what: string, answer: Answer): string {
  return answer === 'timeout' ? `${what} was not answered` : `${what} was answered ${answer}`;
}
