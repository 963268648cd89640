/** Methods that are counted by name; strangers make up others. */
const METHODS = [
  'REGISTER',
  'INVITE',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'SUBSCRIBE',
  'NOTIFY',
  'MESSAGE',
  'SERVICE',
  'INFO',
  'REFER',
  'UPDATE',
  'other',
] as const;
const CLASSES = ['2xx', '3xx', '4xx', '5xx', '6xx'] as const;

/** Requests that were answered for good: by method and class of status, as `[method, class, count]`. */
export type AnswerTable = readonly (readonly [method: string, statusClass: string, count: number])[];

/** Counts final answers. What strangers invent costs no memory. */
export class AnswerCounts {
  readonly #counts = new Float64Array(METHODS.length * CLASSES.length);

  count(method: string, status: number): void {
    const row = (METHODS as readonly string[]).indexOf(method);
    const column = Math.min(Math.max(Math.floor(status / 100) - 2, 0), CLASSES.length - 1);
    this.#counts[(row < 0 ? METHODS.length - 1 : row) * CLASSES.length + column]!++;
  }

  table(): AnswerTable {
    return METHODS.flatMap((method, row) =>
      CLASSES.map((name, column) => [method, name, this.#counts[row * CLASSES.length + column]!] as const),
    );
  }
}
