import type { SipResponse } from '../../wire/index.ts';

/** Refusals that tell the caller what to do about it come before others of 4xx (RFC 3261 §16.7, step 6). */
const TELLING = [401, 407, 415, 420, 484];
const CHALLENGES = ['WWW-Authenticate', 'Proxy-Authenticate'];

/** The one final response that goes back when no branch has succeeded, with the challenges of all (RFC 3261 §16.7, step 7). */
export function bestResponse(responses: readonly SipResponse[]): SipResponse | undefined {
  const best = responses.toSorted((a, b) => rank(a) - rank(b))[0];
  if (best === undefined || (best.status !== 401 && best.status !== 407)) return best;
  const headers = best.headers.copy();
  for (const name of CHALLENGES) {
    const all = responses
      .filter(({ status }) => status === 401 || status === 407)
      .flatMap(one => one.headers.all(name));
    if (all.length > 0) headers.set(name, ...all);
  }
  return { ...best, headers };
}

function rank({ status }: SipResponse): number {
  const kind = Math.floor(status / 100);
  if (kind === 6) return 0;
  return kind * 10 + (TELLING.includes(status) ? 0 : 1);
}
