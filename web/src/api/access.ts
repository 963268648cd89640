import { type Minted, readMinted } from './credentials.ts';

/** Where the Access Edge is and whom it serves: `GET /v1/access`. */
export interface Access {
  /** What stands behind the `@` of its users. */
  readonly domain: string;
  /** Where browsers speak SIP: `wss://sip.example.test:8443/`. */
  readonly webSocket: string;
}

/** Why the edge gave a user no credentials. */
export type SignInRefused =
  | 'password-wrong'
  | 'not-from-here'
  | 'locked-out'
  | 'edge-unreachable'
  | 'no-credentials'
  | 'edge-failed';

/** What signs in over SIP where it is not what was typed: a directory knows the user's password, and SIP asks for one that the edge knows. */
export interface SipLogin {
  /** The username of digests. */
  readonly user: string;
  readonly password: string;
}

export type SignInAnswer =
  | { readonly ok: true; readonly minted: Minted; readonly sip: SipLogin | null }
  | { readonly ok: false; readonly why: SignInRefused; readonly said: string };

const DEADLINE_MS = 10_000;

/** The Access Edge behind this page; null where there is none. */
export async function findAccess(): Promise<Access | null> {
  try {
    const answer = await fetch('/v1/access', { cache: 'no-store', signal: AbortSignal.timeout(DEADLINE_MS) });
    return answer.status === 200 ? readAccess(await answer.json()) : null;
  } catch {
    return null;
  }
}

export function readAccess(body: unknown): Access | null {
  const { domain, webSocket } = (body ?? {}) as Record<string, unknown>;
  if (typeof domain !== 'string' || domain === '' || typeof webSocket !== 'string') return null;
  return /^wss?:\/\//.test(webSocket) && URL.canParse(webSocket) ? { domain, webSocket } : null;
}

/** Relay credentials for a user, who shows the same password as to SIP. Every way to fail is an answer, not an exception. */
export async function mintForUser(access: Access, user: string, password: string): Promise<SignInAnswer> {
  try {
    const answer = await fetch(httpOf(access, '/v1/access/credentials'), {
      method: 'POST',
      headers: { authorization: `Basic ${base64(`${user}:${password}`)}` },
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!answer.ok) return refused(signInRefusalOf(answer.status), await saidBy(answer));
    const body: unknown = await answer.json();
    const read = readMinted(body);
    return read.ok ? { ...read, sip: readSipLogin(body) } : refused('edge-failed', read.said);
  } catch (error) {
    return refused('edge-unreachable', error instanceof Error ? error.message : String(error));
  }
}

export function readSipLogin(body: unknown): SipLogin | null {
  const { sip } = (body ?? {}) as Record<string, unknown>;
  const { user, password } = (sip ?? {}) as Record<string, unknown>;
  return typeof user === 'string' && typeof password === 'string' ? { user, password } : null;
}

export function signInRefusalOf(status: number): SignInRefused {
  if (status === 401) return 'password-wrong';
  if (status === 403) return 'not-from-here';
  if (status === 429) return 'locked-out';
  return status === 409 ? 'no-credentials' : 'edge-failed';
}

/** The same port speaks both: `wss://host:8443/` is `https://host:8443/`. */
export function httpOf({ webSocket }: Access, path: string): URL {
  return new URL(path, webSocket.replace(/^ws/, 'http'));
}

/** Whether this page came from the Access Edge itself, rather than from the admin listener. */
export function isServedBy({ webSocket }: Access, { host }: Location): boolean {
  return new URL(webSocket).host === host;
}

/** Of UTF-8: passwords have umlauts (RFC 7617 §2.1). */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** The sentence in a problem (RFC 9457), or the status. */
async function saidBy(answer: Response): Promise<string> {
  const status = `HTTP ${answer.status}`;
  try {
    const { detail, title } = (await answer.json()) as Record<string, unknown>;
    return ([detail, title].find(one => typeof one === 'string' && one !== '') as string | undefined) ?? status;
  } catch {
    return status;
  }
}

function refused(why: SignInRefused, said: string): SignInAnswer {
  return { ok: false, why, said };
}
