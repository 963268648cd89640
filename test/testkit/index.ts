export { type Dice, dice } from './dice.ts';
export { VirtualClock } from './virtual-clock.ts';
