/** One sound of a pattern: from when, for how long (in seconds), and which notes (in hertz). */
interface Note {
  readonly at: number;
  readonly lasts: number;
  readonly hertz: readonly number[];
}

interface Pattern {
  readonly notes: readonly Note[];
  /** After which it begins again, in seconds; 0: it is heard once. */
  readonly every: number;
  readonly gain: number;
}

/** Two rising chimes and a pause; the ringing tone of Europe, softly; three beeps of a busy line. */
const PATTERNS: Readonly<Record<'incoming' | 'outgoing' | 'busy', Pattern>> = {
  incoming: {
    every: 2.8,
    gain: 0.22,
    notes: [0, 0.75].flatMap(start =>
      [659, 784, 988].map((hertz, step) => ({ at: start + step * 0.14, lasts: 0.5, hertz: [hertz, hertz * 2] })),
    ),
  },
  outgoing: { every: 5, gain: 0.05, notes: [{ at: 0, lasts: 1, hertz: [425] }] },
  busy: { every: 0, gain: 0.06, notes: [0, 0.5, 1].map(at => ({ at, lasts: 0.25, hertz: [425] })) },
};

export type RingKind = keyof typeof PATTERNS;

/** Rings. Until the page was touched a browser keeps it silent. */
export class Ring {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sounding: GainNode | null = null;

  start(kind: RingKind): void {
    this.stop();
    this.#context ??= new AudioContext();
    void this.#context.resume();
    const { every } = PATTERNS[kind];
    this.#play(PATTERNS[kind]);
    if (every > 0) this.#timer = setInterval(() => this.#play(PATTERNS[kind]), every * 1000);
  }

  /** Ends it softly: what is cut off clicks. */
  stop(): void {
    clearInterval(this.#timer);
    const now = this.#context?.currentTime ?? 0;
    this.#sounding?.gain.setTargetAtTime(0, now, 0.02);
    this.#sounding = null;
  }

  #play({ notes, gain }: Pattern): void {
    const context = this.#context!;
    if (context.state !== 'running' && this.#sounding !== null) return; // silent pages would play it all at once later
    const all = new GainNode(context, { gain });
    all.connect(context.destination);
    this.#sounding = all;
    for (const note of notes) sound(context, all, note);
  }
}

function sound(context: AudioContext, into: AudioNode, { at, lasts, hertz }: Note): void {
  const from = context.currentTime + at;
  for (const [index, frequency] of hertz.entries()) {
    const voice = new OscillatorNode(context, { frequency });
    const envelope = new GainNode(context, { gain: 0 });
    envelope.gain.setValueAtTime(0, from);
    envelope.gain.linearRampToValueAtTime(1 / (1 + 3 * index), from + 0.015);
    envelope.gain.setTargetAtTime(0, from + lasts * 0.6, lasts / 6);
    voice.connect(envelope).connect(into);
    voice.start(from);
    voice.stop(from + lasts * 1.6);
  }
}
