import type { CandidateFacts } from '../call/facts.ts';
import type { CallStage, LineState } from './call-stage.ts';

/** What a test reads instead of the pixels: `window.sallyportPhone`. Neither password nor credential is in it. */
export interface PhonePageState {
  readonly line: LineState;
  /** The code of why nobody is signed in; empty when there is no reason. */
  readonly refused: string;
  readonly me: string;
  readonly call: {
    readonly stage: CallStage;
    readonly address: string;
    readonly local: CandidateFacts | null;
    readonly remote: CandidateFacts | null;
    readonly framesDecoded: number;
    readonly bytesReceived: number;
  } | null;
  readonly ended: { readonly address: string; readonly trouble: string; readonly talkedMs: number | null } | null;
}
