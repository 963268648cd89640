import type { Attempt, PeerFacts } from './facts.ts';
import type { Choice } from './turn-url.ts';
import type { Stage, Verdict } from './verdict.ts';

/** What a test reads instead of the pixels: `window.sallyport`. */
export interface CallPageState {
  readonly state: Stage;
  readonly verdict: Verdict;
  readonly transport: Choice;
  readonly attempts: readonly Attempt[];
  readonly a: PeerFacts;
  readonly b: PeerFacts;
  readonly connectedAfterMs: number;
}
