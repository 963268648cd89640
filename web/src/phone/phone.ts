import { batch, computed, signal } from '@preact/signals';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { type Access, mintForUser, type SignInAnswer, type SipLogin } from '../api/access.ts';
import type { SourceKind } from '../call/source.ts';
import { type Choice, serversFor } from '../call/turn-url.ts';
import { dialled, domainOf, hueOf, initialsOf, nameFor, userOf } from './address.ts';
import type { LineState } from './call-stage.ts';
import { DIAL_WORDS, explainSignIn, type Trouble } from './explain.ts';
import { Line } from './line.ts';
import { openOwnMedia } from './own-media.ts';
import { type CallKind, withCall } from './people.ts';
import { type PhoneBook, phoneBookOf } from './phone-book.ts';
import { iceConfiguration, PhoneCall } from './phone-call.ts';
import { RelayCredentials } from './relay-credentials.ts';
import { Ring } from './ring.ts';

/** What became of the last call. */
export interface Ended {
  readonly address: string;
  readonly name: string;
  readonly talkedMs: number | null;
  readonly trouble: Trouble | null;
}

/** The phone of one user: signs in, calls and is called. Views read the signals; nothing else changes them. */
export class Phone {
  readonly line = signal<LineState>('signed-out');
  /** Why nobody is signed in. */
  readonly refused = signal<Trouble | null>(null);
  /** `alice@example.test`; empty while nobody is signed in. */
  readonly me = signal('');
  readonly call = signal<PhoneCall | null>(null);
  readonly ended = signal<Ended | null>(null);
  readonly book = signal<PhoneBook | null>(null);
  readonly relayOnly = signal(false);
  readonly transport = signal<Choice>('all');
  /** The way was chosen anew during this call. */
  readonly settingsWait = signal(false);
  readonly source = signal<SourceKind>('camera');
  /** What stands in the form before somebody types. */
  readonly typedUser = signal('');
  readonly typedCall = signal('');
  /** Whom the address bar asks to call. */
  callWhenReady = '';
  readonly canCall = computed(() => this.line.value === 'ready' && this.call.value === null);
  readonly #access: Access;
  readonly #ring = new Ring();
  #line: Line | null = null;
  #credentials: RelayCredentials | null = null;
  #mint: (() => Promise<SignInAnswer>) | null = null;

  constructor(access: Access) {
    this.#access = access;
    addEventListener('pagehide', () => this.signOut());
  }

  get domain(): string {
    return this.#access.domain;
  }

  /** The password is asked of HTTPS first: it says more clearly than SIP what is wrong, and gives the relay's credentials. */
  async signIn(typed: string, password: string): Promise<void> {
    this.signOut();
    const name = dialled(typed, `@${this.domain}`);
    if (!name.ok || domainOf(name.address) !== this.domain) return this.#refuse(explainSignIn('password-wrong', ''));
    const user = userOf(name.address);
    const mint = () => mintForUser(this.#access, user, password);
    this.line.value = 'signing-in';
    this.#mint = mint;
    const answer = await mint();
    if (this.#mint !== mint) return;
    if (!answer.ok) return this.#refuse(explainSignIn(answer.why, answer.said));
    this.#credentials = new RelayCredentials(answer.minted, mint, {
      renewed: (_servers, sip) => {
        if (sip !== null) this.#line?.useLogin(sip);
        void this.call.value?.mendPath();
      },
      refused: ({ why, said }) => this.#refuse(explainSignIn(why, said)),
    });
    this.#open(user, answer.sip ?? { user, password });
  }

  signOut(): void {
    this.#leave();
    this.refused.value = null;
  }

  /** Calls what was typed; says what is wrong with it, if it is. */
  dial(typed: string): string {
    const read = dialled(typed, this.me.value);
    if (!read.ok) return DIAL_WORDS[read.why];
    const line = this.#line;
    if (line === null || !this.canCall.value) return '';
    const call = this.#newCall(read.address, null);
    void call.dial(line.ua);
    return '';
  }

  /** Camera or test picture: at once, also in a call. */
  async choose(source: SourceKind): Promise<void> {
    this.source.value = source;
    const call = this.call.value;
    if (call === null || call.own.value === null) return;
    const opened = await openOwnMedia(source, lookOf(this.me.value));
    await call.sendOther(opened);
  }

  /** From the next call on: a browser does not leave a path that works because another was asked for. */
  setRelayOnly(relayOnly: boolean): void {
    this.relayOnly.value = relayOnly;
    this.settingsWait.value = this.call.value !== null;
  }

  setTransport(transport: Choice): void {
    this.transport.value = transport;
    this.settingsWait.value = this.call.value !== null;
  }

  dismiss(): void {
    this.ended.value = null;
  }

  /** For the test of the Call tab, which goes the same ways. */
  async mintForTest(): Promise<SignInAnswer> {
    return (await this.#mint?.()) ?? { ok: false, why: 'password-wrong', said: '' };
  }

  #open(user: string, login: SipLogin): void {
    const address = `${user}@${this.domain}`;
    this.#line = new Line(this.#access, user, login, {
      ready: () => this.#onReady(address),
      away: () => (this.line.value = 'away'),
      refused: trouble => this.#refuse(trouble),
      called: session => this.#onCalled(session),
    });
    this.#line.start();
  }

  #onReady(address: string): void {
    batch(() => {
      this.line.value = 'ready';
      this.me.value = address;
      this.book.value ??= phoneBookOf(address);
    });
    const asked = this.callWhenReady;
    this.callWhenReady = '';
    if (asked !== '') this.dial(asked);
  }

  #onCalled(session: RTCSession): void {
    const { user, host } = session.remote_identity.uri;
    const address = `${user}@${host}`;
    if (this.call.value !== null) {
      session.terminate({ status_code: 486 });
      this.#remember(address, 'missed');
      return;
    }
    this.#newCall(address, session);
  }

  #newCall(address: string, session: RTCSession | null): PhoneCall {
    this.ended.value = null;
    const call: PhoneCall = new PhoneCall(
      { address, name: nameFor(address, this.me.value) },
      {
        openOwn: () => openOwnMedia(this.source.value, lookOf(this.me.value)),
        ice: () => this.#ice(),
        isReady: () => this.#line?.isReady === true,
        over: (over, trouble) => this.#onOver(over, trouble),
      },
      session,
    );
    call.stage.subscribe(stage => {
      if (stage === 'incoming') this.#ring.start('incoming');
      else if (stage === 'ringing') this.#ring.start('outgoing');
      else this.#ring.stop();
    });
    this.call.value = call;
    return call;
  }

  async #ice(): Promise<RTCConfiguration> {
    const servers = (await this.#credentials?.forCall()) ?? [];
    return iceConfiguration(serversFor(servers, this.transport.value), this.relayOnly.value);
  }

  #onOver(call: PhoneCall, trouble: Trouble | null): void {
    const { address, name, direction } = call;
    const since = call.talkingSinceMs.value;
    this.#remember(address, direction === 'outgoing' ? 'made' : call.wasAnswered ? 'taken' : 'missed');
    if (trouble?.code === 'sip-486' || trouble?.code === 'sip-603') this.#ring.start('busy');
    batch(() => {
      if (this.call.value === call) this.call.value = null;
      this.settingsWait.value = false;
      this.ended.value = { address, name, talkedMs: since === null ? null : Date.now() - since, trouble };
    });
  }

  #remember(address: string, kind: CallKind): void {
    this.book.value?.change(people => withCall(people, address, kind, Date.now()));
  }

  #refuse(trouble: Trouble): void {
    this.#leave();
    this.refused.value = trouble;
  }

  #leave(): void {
    this.call.value?.hangUp();
    this.#line?.stop();
    this.#credentials?.stop();
    this.#line = null;
    this.#credentials = null;
    this.#mint = null;
    batch(() => {
      this.line.value = 'signed-out';
      this.me.value = '';
      this.book.value = null;
      this.ended.value = null;
    });
  }
}

/** The test picture of a user: his letters, in his colour. */
function lookOf(address: string) {
  return { word: initialsOf(address), hue: hueOf(address), turn: 34, clockAt: 258 };
}
