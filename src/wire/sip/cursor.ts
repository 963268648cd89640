/** RFC 3261 §25.1 */
const TOKEN = /[A-Za-z0-9\-.!%*_+`'~]+/y;
/** What a parameter may be without quotes: a token or a host, an IPv6 address among them (RFC 5118 §4.5). */
const PLAIN_VALUE = /[A-Za-z0-9\-.!%*_+`'~:[\]]+/y;
const BLANKS = /[ \t]*/y;
/** A quoted string; a backslash takes what comes after it (RFC 3261 §25.1). The head's control characters have been judged already. */
const QUOTED = /"(?:[^"\\]|\\[\s\S])*"/y;
const DIGITS = /[0-9]+/y;

/** A place in a header's value that moves on with each thing read. Nothing is thrown: what is not there is undefined. */
export class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  get next(): string | undefined {
    return this.text[this.at];
  }

  blanks(): this {
    this.match(BLANKS);
    return this;
  }

  /** Takes one character, with blanks around it (RFC 3261 §25.1: SEMI, EQUAL, COMMA, SLASH…). Without it nothing is taken. */
  take(character: string): boolean {
    const from = this.at;
    this.blanks();
    if (this.next !== character) {
      this.at = from;
      return false;
    }
    this.at++;
    this.blanks();
    return true;
  }

  token(): string | undefined {
    return this.match(TOKEN);
  }

  digits(): string | undefined {
    return this.match(DIGITS);
  }

  /** As written, with its quotation marks. */
  quoted(): string | undefined {
    return this.match(QUOTED);
  }

  plainValue(): string | undefined {
    return this.match(PLAIN_VALUE);
  }

  /** What a sticky expression finds here. */
  match(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}

/** Reads a whole value as a comma list of at least one; undefined when anything in it is not one. */
export function readList<T>(values: readonly string[], readOne: (cursor: Cursor) => T | undefined): T[] | undefined {
  const list: T[] = [];
  for (const value of values) {
    const cursor = new Cursor(value);
    do {
      const one = readOne(cursor.blanks());
      if (one === undefined) return undefined;
      list.push(one);
    } while (cursor.take(','));
    if (!cursor.isAtEnd) return undefined;
  }
  return list;
}

/** Reads a whole value as one thing. */
export function readWhole<T>(value: string, readOne: (cursor: Cursor) => T | undefined): T | undefined {
  const cursor = new Cursor(value);
  const one = readOne(cursor);
  return cursor.isAtEnd ? one : undefined;
}

/** A quoted string without its quotation marks and backslashes; anything else as it is. */
export function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\([\s\S])/g, '$1') : value;
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
