import * as deadlines from '../deadlines/index.ts';
import type { SipEffect } from './effects.ts';

export class Timer extends deadlines.Timer<SipEffect> {}
export class Deadlines extends deadlines.Deadlines<SipEffect> {}
