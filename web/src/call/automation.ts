import type { CallModel } from './model.ts';
import type { CallPageState } from './page-state.ts';

/** Puts the state where a test finds it. Each reading is fresh; neither token nor credential is in it. */
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
