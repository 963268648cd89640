/** One entry of the answer, in the shape `RTCPeerConnection` takes. */
export interface IceServer {
  readonly urls: readonly string[];
  /** Absent for STUN, which asks for no password. */
  readonly username?: string;
  readonly credential?: string;
}

export interface Minted {
  readonly iceServers: readonly IceServer[];
  readonly expiresAt: Date;
}

/** Why the edge gave no credentials. */
export type Refused = 'token-missing' | 'token-refused' | 'api-unreachable' | 'api-absent' | 'api-busy' | 'api-failed';

export type CredentialsAnswer =
  | { readonly ok: true; readonly minted: Minted }
  | { readonly ok: false; readonly why: Refused; readonly said: string };

const PATH = '/v1/credentials';
const DEADLINE_MS = 10_000;

/** Asks the edge for time-limited TURN credentials. Every way to fail is an answer, not an exception. */
export async function mint(token: string): Promise<CredentialsAnswer> {
  if (token === '') return refused('token-missing', '');
  try {
    const answer = await fetch(PATH, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'call-page' }),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!answer.ok) return refused(refusalOf(answer.status), `HTTP ${answer.status}`);
    return readMinted(await answer.json());
  } catch (error) {
    return refused('api-unreachable', error instanceof Error ? error.message : String(error));
  }
}

export function refusalOf(status: number): Refused {
  if (status === 401 || status === 403) return 'token-refused';
  if (status === 404 || status === 405) return 'api-absent';
  if (status === 429 || status === 503) return 'api-busy';
  return 'api-failed';
}

/** Checks the shape once, here, so that the rest of the page can trust it. */
export function readMinted(body: unknown): CredentialsAnswer {
  const { iceServers, expiresAt } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(iceServers) || !iceServers.every(isIceServer)) return refused('api-failed', 'no iceServers in it');
  if (typeof expiresAt !== 'number') return refused('api-failed', 'no expiresAt in it');
  return { ok: true, minted: { iceServers, expiresAt: new Date(expiresAt) } };
}

function isIceServer(value: unknown): value is IceServer {
  const { urls, username, credential } = (value ?? {}) as Record<string, unknown>;
  const named = Array.isArray(urls) && urls.every(url => typeof url === 'string');
  return named && isOptionalText(username) && isOptionalText(credential);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function refused(why: Refused, said: string): CredentialsAnswer {
  return { ok: false, why, said };
}
