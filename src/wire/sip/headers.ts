import { strict as assert } from 'node:assert';
import { fullHeaderName, headerKey } from './header-names.ts';

/** One header line: unfolded, without blanks at its ends, its name in full. */
export interface HeaderLine {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** The headers of a message in their order (RFC 3261 §7.3). They are found by any spelling of their name. */
export class SipHeaders {
  #lines: HeaderLine[] = [];

  /** For headers of our own: `SipHeaders.of([['Via', '…'], …])`. */
  static of(lines: Iterable<readonly [string, string]>): SipHeaders {
    const headers = new SipHeaders();
    for (const [name, value] of lines) headers.add(name, value);
    return headers;
  }

  get size(): number {
    return this.#lines.length;
  }

  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.#lines[Symbol.iterator]();
  }

  has(name: string): boolean {
    const key = headerKey(name);
    return this.#lines.some(line => line.key === key);
  }

  /** The value of the first line of this name. */
  first(name: string): string | undefined {
    const key = headerKey(name);
    return this.#lines.find(line => line.key === key)?.value;
  }

  /** The values of all its lines. */
  all(name: string): string[] {
    const key = headerKey(name);
    return this.#lines.filter(line => line.key === key).map(line => line.value);
  }

  add(name: string, value: string): void {
    this.#lines.push(lineOf(name, value));
  }

  /** In front of the first line of its name, so that it becomes the topmost; without one, in front of everything. */
  prepend(name: string, value: string): void {
    const line = lineOf(name, value);
    const at = this.#lines.findIndex(({ key }) => key === line.key);
    this.#lines.splice(Math.max(0, at), 0, line);
  }

  /** Puts one line in the place of all of its name. */
  set(name: string, ...values: string[]): void {
    const lines = values.map(value => lineOf(name, value));
    const key = headerKey(name);
    const at = this.#lines.findIndex(line => line.key === key);
    this.remove(name);
    this.#lines.splice(at < 0 ? this.#lines.length : at, 0, ...lines);
  }

  remove(name: string): void {
    const key = headerKey(name);
    this.#lines = this.#lines.filter(line => line.key !== key);
  }

  copy(): SipHeaders {
    const copy = new SipHeaders();
    copy.#lines = [...this.#lines];
    return copy;
  }
}

/** A line break in a value would be another header: whoever writes one from a stranger's words has not read them first. */
function lineOf(name: string, value: string): HeaderLine {
  assert(!/[\r\n]/.test(value) && /^[\w!%*.+`'~-]+$/.test(name), `header ${name} would break the message`);
  const full = fullHeaderName(name);
  return { key: full.toLowerCase(), name: full, value };
}
