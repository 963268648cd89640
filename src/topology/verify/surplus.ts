import type { Plan } from '../plan.ts';
import { type Box, minusAll, within } from './box.ts';
import type { Outcome, Piece } from './evaluate.ts';
import type { Finding } from './finding.ts';
import { boxesOf, type Inquiry } from './inquiries.ts';
import { boxText } from './words.ts';

/** What one place of a ruleset lets through of one inquiry's packets. */
export interface Passed {
  readonly place: string;
  /** Beyond what is planned, in words. */
  readonly beyond: readonly string[];
  /** Part of what it lets through is planned. */
  readonly isPartlyNeeded: boolean;
  readonly doubt: string | undefined;
}

/** Everything that gets through, compared with the most that may. */
export function passedBy(inquiry: Inquiry, most: Plan, { accepted }: Outcome): Passed[] {
  const planned = plannedBoxes(inquiry, most);
  return accepted.map(piece => ({
    place: placeToChange(piece, inquiry),
    beyond: minusAll([piece.box], planned)
      .filter(box => minusAll([box], inquiry.exempt).length > 0)
      .map(box => boxText(box, inquiry)),
    isPartlyNeeded: planned.some(box => within(piece.box, box) !== undefined),
    doubt: piece.doubt,
  }));
}

function plannedBoxes({ side, direction, question: { family, protocol } }: Inquiry, { rules }: Plan): Box[] {
  return rules
    .filter(rule => rule.side === side && rule.direction === direction)
    .filter(rule => rule.family === family && rule.protocol === protocol)
    .flatMap(boxesOf);
}

const NO_CHAIN = 'no chain';

/** Of the chains that packets passed, the one to change: a rule rather than a policy, the later rather than the earlier. */
function placeToChange({ places }: Piece, { question }: Inquiry): string {
  return places.findLast(place => !isPolicy(place)) ?? places.at(-1) ?? `${NO_CHAIN} of hook ${question.hook}`;
}

function isPolicy(place: string): boolean {
  return place.includes('(policy');
}

/** One finding for each place, however many kinds of packets it lets through. */
export function surplus(passed: readonly Passed[]): Finding[] {
  const sure = passed.filter(({ doubt }) => doubt === undefined);
  return [...new Set(sure.map(({ place }) => place))].flatMap(place => {
    const here = sure.filter(each => each.place === place);
    const texts = [...new Set(here.flatMap(({ beyond }) => beyond))];
    return texts.length === 0
      ? []
      : [
          findingAt(
            place,
            texts,
            here.some(each => each.isPartlyNeeded),
          ),
        ];
  });
}

const MOST_EXAMPLES = 3;

function findingAt(place: string, texts: readonly string[], isPartlyNeeded: boolean): Finding {
  const more = texts.length > MOST_EXAMPLES ? `, and ${texts.length - MOST_EXAMPLES} more` : '';
  const isNoRule = isPolicy(place) || place.startsWith(NO_CHAIN);
  return {
    kind: isPartlyNeeded || isNoRule ? 'too-wide' : 'unneeded',
    rules: [],
    place,
    what: `lets through what nothing configured needs: ${texts.slice(0, MOST_EXAMPLES).join('; ')}${more}`,
    change: changeOf(place, isPartlyNeeded),
  };
}

function changeOf(place: string, isPartlyNeeded: boolean): string {
  if (isPolicy(place)) return 'set the policy of this chain to drop';
  if (place.startsWith(NO_CHAIN)) return 'load the rules of `sallyport firewall plan`: nothing is filtered';
  return isPartlyNeeded ? 'narrow it to the planned rules' : 'remove it, unless something else needs it';
}
