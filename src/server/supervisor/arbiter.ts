import type { Quotas } from '../../policy/index.ts';
import type { IpAddress } from '../../wire/index.ts';
import type { QuotaDeeds, QuotaVerdicts } from './messages.ts';

interface Place {
  readonly identity: string;
  readonly ip: IpAddress;
  /** Not when the quotas were full: it is asked for once more. */
  isReserved: boolean;
}

/** What is said of the places a worker asks for: the answers, and the numbers of those to be reconsidered. */
export interface Settlement {
  readonly verdicts: QuotaVerdicts;
  readonly doubts: readonly number[];
}

/** Keeps the quotas for all workers, and a book for each of them: what one held is given back when it is gone. */
export class Arbiter {
  readonly #quotas: Quotas;
  readonly #books = new Map<number, Map<number, Place>>();

  constructor(quotas: Quotas) {
    this.#quotas = quotas;
  }

  /**
   * Does what a worker says, in its order. Nobody is refused at once: the place may be on its way back from another worker, whose
   * client was told so already.
   */
  settle(worker: number, deeds: QuotaDeeds): Settlement {
    const verdicts: QuotaVerdicts[number][] = [];
    const doubts: number[] = [];
    const book = this.#bookOf(worker);
    for (let i = 0; i < deeds.length; ) {
      const number = deeds[i] as number;
      if (number < 0) {
        this.#giveBack(book, -number);
        i++;
        continue;
      }
      const [identity, w0, w1, w2, w3] = deeds.slice(i + 1, i + 6) as [string, number, number, number, number];
      const place: Place = { identity, ip: { w0, w1, w2, w3 }, isReserved: false };
      book.set(number, place);
      if (this.#reserve(place) === 'reserved') verdicts.push(number, 'reserved');
      else doubts.push(number);
      i += 6;
    }
    return { verdicts, doubts };
  }

  /** The last word on places that were in doubt, if the worker still wants them. */
  reconsider(worker: number, doubts: readonly number[]): QuotaVerdicts {
    const book = this.#books.get(worker);
    const verdicts: QuotaVerdicts[number][] = [];
    for (const number of doubts) {
      const place = book?.get(number);
      if (book === undefined || place === undefined || place.isReserved) continue; // of a worker that was replaced meanwhile
      const verdict = this.#reserve(place);
      if (verdict !== 'reserved') book.delete(number);
      verdicts.push(number, verdict);
    }
    return verdicts;
  }

  /** A worker has died: its allocations are gone. */
  forget(worker: number): void {
    const book = this.#books.get(worker);
    if (book === undefined) return;
    for (const place of book.values()) this.#release(place);
    this.#books.delete(worker);
  }

  #reserve(place: Place): 'reserved' | QuotaVerdicts[number] {
    const verdict = this.#quotas.reserve(place.identity, place.ip);
    place.isReserved = verdict === 'reserved';
    return verdict;
  }

  /** One that was refused is given back as well: there is nothing to do. */
  #giveBack(book: Map<number, Place>, number: number): void {
    const place = book.get(number);
    if (place === undefined) return;
    book.delete(number);
    this.#release(place);
  }

  #release({ identity, ip, isReserved }: Place): void {
    if (isReserved) this.#quotas.release(identity, ip);
  }

  #bookOf(worker: number): Map<number, Place> {
    const known = this.#books.get(worker);
    if (known !== undefined) return known;
    const book = new Map<number, Place>();
    this.#books.set(worker, book);
    return book;
  }
}
