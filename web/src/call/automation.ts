import type { Attempt, PeerFacts } from './facts.ts';
import type { CallModel } from './model.ts';
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

/** Always the present moment: each reading is fresh. Neither token nor credential is in it. */
export function exposeTo(window: Window, model: CallModel): void {
  Object.defineProperty(window, 'sallyport', {
    configurable: true,
    get: (): CallPageState => {
      const { stage, choice, attempts, a, b } = model.evidence.value;
      const connectedAfterMs = model.connectedAfterMs.value;
      return { state: stage, verdict: model.verdict.value, transport: choice, attempts, a, b, connectedAfterMs };
    },
  });
}
