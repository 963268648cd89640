import { type Signal, signal } from '@preact/signals';
import { type People, peopleText, readPeople } from './people.ts';

/** Whom a user called and was called by, kept by this browser: addresses and times, nothing else. */
export interface PhoneBook {
  readonly people: Signal<People>;
  change(how: (people: People) => People): void;
}

/** Each user's own: a browser may be shared. */
export function phoneBookOf(address: string): PhoneBook {
  const key = `sallyport.people.${address}`;
  const people = signal(readPeople(stored(key)));
  const change = (how: (before: People) => People) => {
    people.value = how(people.value);
    store(key, peopleText(people.value));
  };
  return { people, change };
}

/** Browsers that are told to keep nothing throw. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // then the list lasts as long as the page does
  }
}
