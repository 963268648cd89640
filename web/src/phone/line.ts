import { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { Access, SipLogin } from '../api/access.ts';
import { explainRegistration, type Trouble } from './explain.ts';
import { SipSocket } from './sip-socket.ts';

const REGISTRATION_SECONDS = 600;
const RING_SECONDS = 60;
/** A registration that failed for no lasting reason is tried again. */
const AGAIN_MS = 15_000;

export interface LineHears {
  ready(): void;
  /** The connection, or the registration, is gone; it is being made again. */
  away(): void;
  /** It makes no sense to try again. */
  refused(trouble: Trouble): void;
  called(session: RTCSession): void;
}

/** A user's registration with the Access Edge: JsSIP's user agent, with its events put into four. */
export class Line {
  readonly ua: UA;
  readonly #socket: SipSocket;
  readonly #hears: LineHears;
  #again: ReturnType<typeof setTimeout> | undefined;
  #everReady = false;
  #isOver = false;
  readonly #listening = new AbortController();

  constructor({ domain, webSocket }: Access, user: string, login: SipLogin, hears: LineHears) {
    this.#socket = new SipSocket(webSocket);
    this.#hears = hears;
    this.ua = new UA({
      sockets: [this.#socket],
      uri: `sip:${user}@${domain}`,
      authorization_user: login.user,
      password: login.password,
      register_expires: REGISTRATION_SECONDS,
      no_answer_timeout: RING_SECONDS,
      user_agent: 'Sallyport web phone',
    });
    this.ua.on('registered', () => {
      this.#everReady = true;
      if (!this.#isOver) hears.ready();
    });
    this.ua.on('registrationFailed', ({ response }) => this.#onRefused(response));
    this.ua.on('disconnected', () => this.#onDisconnected());
    this.ua.on('newRTCSession', ({ originator, session }: { originator: string; session: RTCSession }) => {
      if (originator === 'remote') hears.called(session);
    });
    const { signal } = this.#listening;
    addEventListener('online', () => this.#socket.ping(), { signal });
    document.addEventListener('visibilitychange', () => this.#socket.ping(), { signal });
  }

  start(): void {
    this.ua.start();
  }

  /** From the next challenge on. */
  useLogin({ user, password }: SipLogin): void {
    this.ua.set('authorization_user', user);
    this.ua.set('password', password);
  }

  get isReady(): boolean {
    return this.ua.isRegistered();
  }

  /** Signs out and hangs up; the server is told while the connection still stands. */
  stop(): void {
    clearTimeout(this.#again);
    this.#listening.abort();
    this.#isOver = true;
    this.ua.stop();
  }

  #onDisconnected(): void {
    if (this.#isOver) return;
    if (this.#everReady) this.#hears.away();
    else this.#hears.refused(explainRegistration(0));
  }

  /** Without an answer, or with one that blames the server, it may go better in a while. */
  #onRefused(response: { status_code: number; parseHeader(name: string): unknown } | null): void {
    if (this.#isOver || !this.ua.isConnected()) return; // a lost connection is told as such
    const status = response?.status_code ?? 0;
    const isLasting = status >= 400 && status < 500 && status !== 408;
    if (isLasting || !this.#everReady) this.#hears.refused(explainRegistration(status, algorithmOf(response)));
    else {
      this.#hears.away();
      this.#again = setTimeout(() => this.ua.register(), AGAIN_MS);
    }
  }
}

function algorithmOf(response: { parseHeader(name: string): unknown } | null): string {
  const { algorithm } = (response?.parseHeader('www-authenticate') ?? {}) as { algorithm?: unknown };
  return typeof algorithm === 'string' ? algorithm : '';
}
