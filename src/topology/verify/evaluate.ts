import { type Box, minus, within } from './box.ts';
import type { BaseChain, FirewallRule, Question, Ruleset } from './ruleset.ts';

/** Packets that share their fate. */
export interface Piece {
  readonly box: Box;
  /** The rules and policies that decided, one for each base chain passed. */
  readonly places: readonly string[];
  /** Set when it depends on conditions that can't be judged. */
  readonly doubt: string | undefined;
}

/** What becomes of a question's packets. One that a doubtful rule may decide is in both lists. */
export interface Outcome {
  readonly accepted: readonly Piece[];
  readonly dropped: readonly Piece[];
}

/** Thrown when a ruleset cuts its packets into more pieces than are worth following. */
export class TooManyPieces extends Error {}
const MOST_PIECES = 20_000;
const DEEPEST_JUMP = 16; // the kernel's own limit

/** Follows packets through every base chain of a hook, in the order of priorities; a drop in any of them is final. */
export function evaluate(ruleset: Ruleset, question: Question, boxes: readonly Box[]): Outcome {
  const bases = ruleset.bases
    .filter(({ hook, families }) => hook === question.hook && families.includes(question.family))
    .toSorted((a, b) => a.priority - b.priority);
  let accepted: readonly Piece[] = boxes.map(box => ({ box, places: [], doubt: undefined }));
  const dropped: Piece[] = [];
  for (const base of bases) {
    const passage = through(ruleset, question, base, accepted);
    dropped.push(...passage.dropped);
    accepted = passage.accepted;
  }
  return { accepted, dropped };
}

function through(ruleset: Ruleset, question: Question, base: BaseChain, pieces: readonly Piece[]): Outcome {
  const walk = new Walk(ruleset, question);
  const left = walk.follow(base.chain, pieces, 0).map(piece => decidedBy(piece, base.place));
  (base.policy === 'accept' ? walk.accepted : walk.dropped).push(...left);
  return walk;
}

function decidedBy(piece: Piece, place: string): Piece {
  return { ...piece, places: [...piece.places, place] };
}

class Walk implements Outcome {
  readonly accepted: Piece[] = [];
  readonly dropped: Piece[] = [];
  readonly #ruleset: Ruleset;
  readonly #question: Question;
  readonly #onlyNoting = new Map<string, boolean>();

  constructor(ruleset: Ruleset, question: Question) {
    this.#ruleset = ruleset;
    this.#question = question;
  }

  /** The pieces that come back: by `return`, or at the end of the chain. */
  follow(chain: string, pieces: readonly Piece[], depth: number): Piece[] {
    if (depth > DEEPEST_JUMP) throw new TooManyPieces('chains jump deeper than the kernel allows');
    const returned: Piece[] = [];
    let rest: readonly Piece[] = pieces;
    for (const rule of this.#ruleset.chains.get(chain) ?? []) {
      if (rest.length === 0) break;
      const decidesNothing = this.#decidesNothing(rule);
      const split = rest.map(piece => splitBy(rule, this.#question, piece, decidesNothing));
      const matched = split.flatMap(({ inside }) => inside);
      const others = split.flatMap(({ outside }) => outside);
      rest = matched.length === 0 ? others : [...others, ...this.#obey(rule, matched, returned, depth)];
      if (rest.length + this.accepted.length > MOST_PIECES) throw new TooManyPieces('the ruleset is too large');
    }
    return [...returned, ...rest];
  }

  /** Whether packets go on to the next rule whatever becomes of its conditions: it only notes, or jumps to where nothing else is done. */
  #decidesNothing({ verdict }: FirewallRule): boolean {
    return verdict.do === 'continue' || (verdict.do === 'jump' && this.#isOnlyNoting(verdict.chain));
  }

  #isOnlyNoting(chain: string): boolean {
    const known = this.#onlyNoting.get(chain);
    if (known !== undefined) return known;
    this.#onlyNoting.set(chain, false); // for a chain that leads to itself
    const rules = this.#ruleset.chains.get(chain) ?? [];
    const isSo = rules.every(rule => rule.verdict.do === 'return' || this.#decidesNothing(rule));
    this.#onlyNoting.set(chain, isSo);
    return isSo;
  }

  /** The pieces that go on to the next rule of the same chain. */
  #obey({ verdict, place }: FirewallRule, matched: readonly Piece[], returned: Piece[], depth: number): Piece[] {
    switch (verdict.do) {
      case 'accept':
        this.accepted.push(...matched.map(piece => decidedBy(piece, place)));
        return [];
      case 'drop':
        this.dropped.push(...matched.map(piece => decidedBy(piece, place)));
        return [];
      case 'continue':
        return [...matched];
      case 'return':
        returned.push(...matched);
        return [];
      case 'jump':
        return this.follow(verdict.chain, matched, depth + 1);
      case 'goto':
        returned.push(...this.follow(verdict.chain, matched, depth + 1));
        return [];
    }
  }
}

interface Split {
  readonly inside: readonly Piece[];
  readonly outside: readonly Piece[];
}

/** A rule with a doubtful condition may match or not: what it can match goes both ways, with the doubt named. */
function splitBy(rule: FirewallRule, question: Question, piece: Piece, decidesNothing: boolean): Split {
  let inside: readonly Box[] = [piece.box];
  let doubt: string | undefined;
  for (const condition of rule.conditions) {
    const parts = condition(question);
    if ('doubt' in parts) doubt ??= `${rule.place}: ${parts.doubt}`;
    else inside = inside.flatMap(box => parts.flatMap(limits => within(box, limits) ?? []));
    if (inside.length === 0) return { inside: [], outside: [piece] };
  }
  if (doubt !== undefined && decidesNothing) return { inside: [], outside: [piece] };
  const pieces = inside.map(box => ({ ...piece, box, doubt: piece.doubt ?? doubt }));
  const outside = inside
    .reduce<readonly Box[]>((rest, hole) => rest.flatMap(box => minus(box, hole)), [piece.box])
    .map(box => ({ ...piece, box }));
  return { inside: pieces, outside: doubt === undefined ? outside : [...outside, ...pieces] };
}
