import * as deadlines from '../deadlines/index.ts';
import type { Effect } from './effects.ts';

export class Timer extends deadlines.Timer<Effect> {}
export class Deadlines extends deadlines.Deadlines<Effect> {}
