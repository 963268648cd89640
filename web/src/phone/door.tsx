import { effect, signal } from '@preact/signals';
import type { Access } from '../api/access.ts';
import type { CredentialsAnswer } from '../api/credentials.ts';
import type { Fragment } from '../api/fragment.ts';
import { isChoice } from '../call/turn-url.ts';
import { WaitIcon } from '../shell/icons.tsx';
import type * as Behind from './index.ts';
import type { Phone } from './phone.ts';

/** What the page does for the phone. */
export interface DoorHost {
  /** Somebody is signed in, or no longer: null. */
  lendCredentials(mint: (() => Promise<CredentialsAnswer>) | null): void;
  readonly testRelay: () => void;
  showPhone(): void;
}

/** What is behind the door, as far as its frame knows it. */
type Room = typeof Behind;

/** The phone and its SIP library are fetched when somebody comes in, not before. */
export class PhoneDoor {
  readonly #host: DoorHost;
  readonly #phone = signal<Phone | null>(null);
  readonly #failed = signal('');
  #room: Room | null = null;
  #access: Access | null = null;
  #loading: Promise<Phone | null> | null = null;

  constructor(host: DoorHost) {
    this.#host = host;
  }

  unlock(access: Access): void {
    this.#access = access;
  }

  async load(): Promise<Phone | null> {
    if (this.#access === null) return null;
    this.#loading ??= this.#load(this.#access);
    return this.#loading;
  }

  /** Does what the address bar asks of the phone. */
  async obey(asked: Fragment): Promise<void> {
    if (asked.tab !== 'phone' || this.#access === null) return;
    const phone = await this.load();
    if (phone === null) return;
    if (asked.relayOnly) phone.relayOnly.value = true;
    if (isChoice(asked.transport)) phone.transport.value = asked.transport;
    if (asked.picture !== '') phone.source.value = asked.picture === 'camera' ? 'camera' : 'generated';
    phone.typedUser.value = asked.user;
    phone.callWhenReady = asked.call;
    if (asked.user !== '' && asked.password !== '') await phone.signIn(asked.user, asked.password);
  }

  /** For the tab in the browser: who calls can be seen from afar. */
  title(): string {
    const call = this.#phone.value?.call.value ?? null;
    if (call === null) return '';
    return call.stage.value === 'incoming' ? `☎ ${call.name} calls` : `in a call with ${call.name}`;
  }

  view() {
    const [phone, room] = [this.#phone.value, this.#room];
    if (phone !== null && room !== null) return <room.PhoneTab phone={phone} onTest={this.#host.testRelay} />;
    return (
      <p class="note" role="status">
        {this.#failed.value === '' ? (
          <WaitIcon />
        ) : (
          `The phone could not be loaded: ${this.#failed.value}. Reload the page.`
        )}
      </p>
    );
  }

  async #load(access: Access): Promise<Phone | null> {
    try {
      this.#room = await import('./index.ts');
    } catch (error) {
      this.#failed.value = error instanceof Error ? error.message : String(error);
      return null;
    }
    const phone = new this.#room.Phone(access);
    this.#room.exposePhone(window, phone);
    effect(() => this.#host.lendCredentials(phone.line.value === 'signed-out' ? null : () => lent(phone)));
    effect(() => {
      if (phone.call.value?.stage.value === 'incoming') this.#host.showPhone();
    });
    this.#phone.value = phone;
    return phone;
  }
}

async function lent(phone: Phone): Promise<CredentialsAnswer> {
  const answer = await phone.mintForTest();
  return answer.ok ? answer : { ok: false, why: 'api-failed', said: answer.said };
}
