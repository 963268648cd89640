import { nameFor } from './address.ts';
import { Avatar } from './avatar.tsx';
import { MadeIcon, MissedIcon, PhoneIcon, PinIcon, TakenIcon } from './icons.tsx';
import { ago } from './path-words.ts';
import { type CallKind, matching, type Person, without, withPin } from './people.ts';
import type { Phone } from './phone.ts';

const KINDS: Readonly<Record<CallKind, readonly [words: string, icon: () => preact.JSX.Element]>> = {
  made: ['called', MadeIcon],
  taken: ['called you', TakenIcon],
  missed: ['missed', MissedIcon],
};

/** Whom this user called and was called by: one press calls. */
export function PeopleList({ phone }: { phone: Phone }) {
  const all = phone.book.value?.people.value ?? [];
  const people = matching(all, phone.typedCall.value);
  return (
    <section class="card people" aria-labelledby="people-title">
      <h2 id="people-title">People</h2>
      {people.length === 0 && (
        <p class="note">
          {all.length === 0
            ? 'Whom you call, and who calls you, will be here.'
            : 'Nobody of this name yet: press Enter to call.'}
        </p>
      )}
      <ul>
        {people.map(person => (
          <PersonRow key={person.address} person={person} phone={phone} />
        ))}
      </ul>
    </section>
  );
}

function PersonRow({ person, phone }: { person: Person; phone: Phone }) {
  const { address, lastKind, lastMs, isPinned } = person;
  const name = nameFor(address, phone.me.value);
  const [words, KindIcon] = KINDS[lastKind];
  const book = phone.book.value;
  return (
    <li class={`person person-${lastKind}`}>
      <button
        type="button"
        class="person-call"
        disabled={!phone.canCall.value}
        aria-label={`Call ${name}; ${words} ${ago(lastMs, Date.now())}`}
        onClick={() => phone.dial(address)}
      >
        <Avatar address={address} />
        <span class="person-words">
          <strong>{name}</strong>
          <span class="note">
            <KindIcon /> {words} {ago(lastMs, Date.now())}
          </span>
        </span>
        <span class="person-go">
          <PhoneIcon />
        </span>
      </button>
      <button
        type="button"
        class="quiet person-pin"
        aria-pressed={isPinned}
        aria-label={`Keep ${name} on top`}
        title={isPinned ? 'Kept on top' : 'Keep on top'}
        onClick={() => book?.change(before => withPin(before, address, !isPinned))}
      >
        <PinIcon />
      </button>
      <button
        type="button"
        class="quiet person-forget"
        aria-label={`Forget ${name}`}
        title="Forget"
        onClick={() => book?.change(before => without(before, address))}
      >
        ×
      </button>
    </li>
  );
}
