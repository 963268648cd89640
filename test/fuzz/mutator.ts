import type { Dice } from './dice.ts';

const LONGEST = 8192;
/** Bytes and words that codecs stumble over: bounds of lengths, families, channels, and the numbers of attributes that seal or repeat. */
const ODD_BYTES = [0, 1, 2, 3, 4, 8, 20, 0x40, 0x3f, 0x4f, 0x50, 0x7f, 0x80, 0xff];
const ODD_WORDS = [0, 1, 4, 0x0008, 0x001c, 0x0012, 0x0013, 0x4000, 0x4fff, 0x7fff, 0x8002, 0x8028, 0xfffc, 0xffff];

type Change = (bytes: Uint8Array, dice: Dice, corpus: readonly Uint8Array[]) => Uint8Array;

const CHANGES: readonly Change[] = [
  (b, dice) => poke(b, dice, old => old ^ (1 << dice.below(8))),
  (b, dice) => poke(b, dice, () => dice.below(256)),
  (b, dice) => poke(b, dice, () => ODD_BYTES[dice.below(ODD_BYTES.length)]!),
  (b, dice) => poke(b, dice, old => old + dice.below(9) - 4),
  oddWord,
  (b, dice) => b.slice(0, dice.below(b.length + 1)),
  (b, dice) => splice(b, dice.below(b.length + 1), 0, noise(1 + dice.below(12), dice)),
  (b, dice) => splice(b, dice.below(b.length + 1), 4 * dice.below(6), new Uint8Array(0)),
  (b, dice) => splice(b, (dice.below(b.length + 1) >> 2) << 2, 0, somePart(b, dice)),
  (b, dice, corpus) => splice(b, dice.below(b.length + 1), 0, somePart(corpus[dice.below(corpus.length)]!, dice)),
  (b, dice, corpus) => Uint8Array.of(...b, ...corpus[dice.below(corpus.length)]!),
  trueLength,
];

/** One of the corpus, changed a few times. Often its STUN length is made true again, so that the attributes are reached. */
export function mutate(corpus: readonly Uint8Array[], dice: Dice): Uint8Array {
  let bytes = corpus[dice.below(corpus.length)]!.slice();
  for (let rounds = 1 + dice.below(5); rounds > 0; rounds--) {
    bytes = CHANGES[dice.below(CHANGES.length)]!(bytes, dice, corpus).slice(0, LONGEST);
  }
  return dice.below(2) === 0 ? trueLength(bytes) : bytes;
}

function poke(bytes: Uint8Array, dice: Dice, change: (old: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = dice.below(bytes.length);
  bytes[at] = change(bytes[at]!);
  return bytes;
}

function oddWord(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (bytes.length < 2) return bytes;
  const at = dice.below(bytes.length - 1) & ~1;
  const word = ODD_WORDS[dice.below(ODD_WORDS.length)]!;
  bytes[at] = word >>> 8;
  bytes[at + 1] = word;
  return bytes;
}

function trueLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 20) return bytes;
  const whole = bytes.slice(0, bytes.length & ~3);
  whole[2] = (whole.length - 20) >>> 8;
  whole[3] = whole.length - 20;
  return whole;
}

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed));
  const result = new Uint8Array(at + added.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(rest, at + added.length);
  return result;
}

function somePart(bytes: Uint8Array, dice: Dice): Uint8Array {
  const at = (dice.below(bytes.length + 1) >> 2) << 2;
  return bytes.slice(at, at + 4 * (1 + dice.below(8)));
}

function noise(length: number, dice: Dice): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256));
}
