import type { Quotas } from '../../policy/index.ts';
import type { IpAddress } from '../../wire/index.ts';
import type { QuotaDeeds, QuotaVerdicts } from './messages.ts';

interface Place {
  readonly identity: string;
  readonly ip: IpAddress;
}

/** Keeps the quotas for all workers, and a book for each of them: what one held is given back when it is gone. */
export class Arbiter {
  readonly #quotas: Quotas;
  readonly #books = new Map<number, Map<number, Place>>();

  constructor(quotas: Quotas) {
    this.#quotas = quotas;
  }

  /** Does what a worker says, in its order, and answers each place it asks for. */
  settle(worker: number, deeds: QuotaDeeds): QuotaVerdicts {
    const verdicts: QuotaVerdicts[number][] = [];
    const book = this.#bookOf(worker);
    for (let i = 0; i < deeds.length; ) {
      const number = deeds[i] as number;
      if (number < 0) {
        this.#giveBack(book, -number);
        i++;
        continue;
      }
      const [identity, w0, w1, w2, w3] = deeds.slice(i + 1, i + 6) as [string, number, number, number, number];
      verdicts.push(number, this.#ask(book, number, { identity, ip: { w0, w1, w2, w3 } }));
      i += 6;
    }
    return verdicts;
  }

  /** A worker has died: its allocations are gone. */
  forget(worker: number): void {
    const book = this.#books.get(worker);
    if (book === undefined) return;
    for (const { identity, ip } of book.values()) this.#quotas.release(identity, ip);
    this.#books.delete(worker);
  }

  #ask(book: Map<number, Place>, number: number, place: Place): 'reserved' | QuotaVerdicts[number] {
    const verdict = this.#quotas.reserve(place.identity, place.ip);
    if (verdict === 'reserved') book.set(number, place);
    return verdict;
  }

  /** One that was refused is given back as well: there is nothing to do. */
  #giveBack(book: Map<number, Place>, number: number): void {
    const place = book.get(number);
    if (place === undefined) return;
    book.delete(number);
    this.#quotas.release(place.identity, place.ip);
  }

  #bookOf(worker: number): Map<number, Place> {
    const known = this.#books.get(worker);
    if (known !== undefined) return known;
    const book = new Map<number, Place>();
    this.#books.set(worker, book);
    return book;
  }
}
