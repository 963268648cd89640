import { isSipUri, type NameAddress, type SipRequest } from '../../wire/index.ts';
import type { SipRefused } from '../effects.ts';
import type { SipQuestions } from '../questions.ts';
import { routesIn, withoutFirstRoutes } from './forwarding.ts';
import type { RouteTarget, RouteTokens } from './route-tokens.ts';

/** A request without the Routes that brought it here. */
export interface Routed {
  readonly request: SipRequest;
  /** Where the last of them leads; undefined when its user part says nothing, or there was none. */
  readonly lead: RouteTarget | undefined;
}

/** RFC 3261 §16.4. A token that is not ours, or of a life before, leads nowhere any more. */
export function routed(request: SipRequest, tokens: RouteTokens, questions: SipQuestions): Routed | SipRefused {
  const routes = routesIn(request.headers);
  let lead: RouteTarget | undefined;
  let taken = 0;
  for (const route of routes) {
    if (!isOurs(route, questions)) break;
    taken++;
    const { user } = route.uri as { user?: string };
    lead = user === undefined ? undefined : tokens.read(user);
    if (user !== undefined && lead === undefined) return 'flow-failed';
  }
  return { request: taken === 0 ? request : withoutFirstRoutes(request, routes.slice(taken)), lead };
}

function isOurs({ uri }: NameAddress, questions: SipQuestions): boolean {
  return isSipUri(uri) && questions.isOurHost(uri.host);
}
