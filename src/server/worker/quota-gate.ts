import type { Client, QuotaRefusal } from '../../turn/index.ts';
import type { ClientId } from '../../wire/index.ts';
import type { AllocationQuotas, PlaceOutcome } from '../allocation-quotas.ts';
import type { QuotaVerdicts } from '../supervisor/messages.ts';

/** A place in the quotas that was asked for, and who waits to hear of it: the client's relays that are open already. */
interface Place {
  readonly number: number;
  readonly client: ClientId;
  verdict: 'reserved' | QuotaRefusal | undefined;
  readonly waiting: ((outcome: PlaceOutcome) => void)[];
}

/** The worker's side of the quotas: says yes at once, asks the supervisor, and holds relays back until its verdict is there. */
export class QuotaGate implements AllocationQuotas {
  readonly #say: (...deed: (number | string)[]) => void;
  /** A client has one allocation. */
  readonly #byClient = new Map<ClientId, Place>();
  readonly #unsettled = new Map<number, Place>();
  #last = 0;

  /** `say` takes what goes to the supervisor, as `QuotaDeeds` has it. */
  constructor(say: (...deed: (number | string)[]) => void) {
    this.#say = say;
  }

  reserve(identity: string, { id, address }: Client): 'reserved' {
    const place: Place = { number: ++this.#last, client: id, verdict: undefined, waiting: [] };
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
      this.#unsettled.delete(place.number);
      place.verdict = verdicts[i + 1] as 'reserved' | QuotaRefusal;
      for (let tell = place.waiting.shift(); tell !== undefined; tell = place.waiting.shift()) tell(place.verdict);
    }
  }
}
