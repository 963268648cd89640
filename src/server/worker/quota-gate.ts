import type { Client, QuotaRefusal } from '../../turn/index.ts';
import type { ClientId, Millis } from '../../wire/index.ts';
import type { AllocationQuotas, PlaceOutcome } from '../allocation-quotas.ts';
import type { QuotaVerdicts } from '../supervisor/messages.ts';

/** A place in the quotas that was asked for, and who waits to hear of it: the client's relays that are open already. */
interface Place {
  readonly number: number;
  readonly client: ClientId;
  readonly askedAt: Millis;
  verdict: 'reserved' | QuotaRefusal | 'denied' | undefined;
  readonly waiting: ((outcome: PlaceOutcome) => void)[];
}

/** A client that hears nothing asks again, and the third time would be after 3.5 seconds (RFC 8489 §6.2.1): it has an answer before. */
const VERDICT_MILLIS: Millis = 2_000;

/** The worker's side of the quotas: says yes at once, asks the supervisor, and holds relays back until its verdict is there. */
export class QuotaGate implements AllocationQuotas {
  readonly #say: (...deed: (number | string)[]) => void;
  readonly #now: () => Millis;
  /** A client has one allocation. */
  readonly #byClient = new Map<ClientId, Place>();
  readonly #unsettled = new Map<number, Place>();
  #last = 0;

  /** `say` takes what goes to the supervisor, as `QuotaDeeds` has it. */
  constructor(say: (...deed: (number | string)[]) => void, now: () => Millis) {
    this.#say = say;
    this.#now = now;
  }

  reserve(identity: string, { id, address }: Client): 'reserved' {
    const place: Place = { number: ++this.#last, client: id, askedAt: this.#now(), verdict: undefined, waiting: [] };
    this.#byClient.set(id, place);
    this.#unsettled.set(place.number, place);
    this.#say(place.number, identity, address.w0, address.w1, address.w2, address.w3);
    return 'reserved';
  }

  release(_identity: string, { id }: Client): void {
    const place = this.#byClient.get(id);
    if (place === undefined) return;
    this.#byClient.delete(id);
    this.#unsettled.delete(place.number);
    this.#say(-place.number);
    for (const tell of place.waiting.splice(0)) tell('given-back');
  }

  /** Clients that never asked (the self-test) need no place. */
  settled(client: ClientId, then: (outcome: PlaceOutcome) => void): void {
    const place = this.#byClient.get(client);
    if (place === undefined) then('reserved');
    else if (place.verdict === undefined) place.waiting.push(then);
    else then(place.verdict);
  }

  /** The supervisor has decided. */
  settle(verdicts: QuotaVerdicts): void {
    for (let i = 0; i < verdicts.length; i += 2) {
      const place = this.#unsettled.get(verdicts[i] as number);
      if (place === undefined) continue; // given back meanwhile
      this.#decide(place, verdicts[i + 1] as 'reserved' | QuotaRefusal);
    }
  }

  /** To be called now and then: who has waited too long is denied its place, and gives it back should it have one. */
  onTime(): void {
    const oldest = this.#now() - VERDICT_MILLIS;
    for (const place of this.#unsettled.values()) {
      if (place.askedAt > oldest) return; // they are in the order in which they were asked for
      this.#decide(place, 'denied');
    }
  }

  #decide(place: Place, verdict: 'reserved' | QuotaRefusal | 'denied'): void {
    this.#unsettled.delete(place.number);
    place.verdict = verdict;
    for (let tell = place.waiting.shift(); tell !== undefined; tell = place.waiting.shift()) tell(verdict);
  }
}
