import { addressOfRecord, isSipUri, type Millis, type SipRequest, type SipUri } from '../../wire/index.ts';
import type { SipRefused } from '../effects.ts';
import { isFederated } from '../federation/partner-rules.ts';
import type { Flow, FlowSide } from '../flows.ts';
import type { Binding } from '../registrar/binding.ts';
import { bindingOfContact, targetsOf } from '../registrar/location.ts';
import { routesIn } from './forwarding.ts';
import type { ProxyHost } from './proxy.ts';
import type { RouteTarget } from './route-tokens.ts';

/** Where a request goes: a flow that is open or a hop to be connected, and what it says there. */
export type Target = RouteTarget & {
  /** The Request-URI there, where it is another. */
  readonly uri?: SipUri;
  /** To go in front of the Routes that remain. */
  readonly path: readonly string[];
};

/** The target set (RFC 3261 §16.5), never empty: the way of its dialog, its Route, the bindings of a user, or the next hop. */
export function targetsFor(
  host: ProxyHost,
  request: SipRequest,
  lead: RouteTarget | undefined,
  from: Flow,
  now: Millis,
): Target[] | SipRefused {
  const targets = waysOf(host, request, lead, from, now);
  const goesToPartner = typeof targets !== 'string' && targets.some(target => sideOf(host, target) === 'partner');
  return (goesToPartner ? refusalToPartner(host, request, from) : undefined) ?? targets;
}

function waysOf(
  host: ProxyHost,
  request: SipRequest,
  lead: RouteTarget | undefined,
  from: Flow,
  now: Millis,
): Target[] | SipRefused {
  if (from.side === 'partner' && !mayBeFromPartner(host, request, lead)) return 'no-relaying';
  if (lead !== undefined) return [{ ...newestLead(host, request, lead, now), path: [] }];
  const [route] = routesIn(request.headers);
  if (route !== undefined) return isSipUri(route.uri) ? onward(host, route.uri, from, 'no-relaying') : 'bad-route';
  const { uri } = request;
  if (!isSipUri(uri)) return 'unsupported-scheme';
  if (!host.questions.isOurDomain(uri.host)) {
    const hop = host.settings.partners?.hopTo(uri.host);
    return hop === undefined ? onward(host, uri, from, 'no-relaying') : [{ to: 'hop', hop, path: [] }];
  }
  const user = host.questions.user(addressOfRecord(uri));
  if (user === undefined) return onward(host, uri, from, 'unknown-user');
  const bindings = targetsOf(host.bindings, user.record, uri, now);
  return bindings.length === 0 ? 'not-signed-in' : bindings.map(toBinding);
}

/** For a domain of ours, or within a dialog: a route that one call was given is not for others. */
function mayBeFromPartner({ questions }: ProxyHost, { uri, to }: SipRequest, lead: RouteTarget | undefined): boolean {
  return lead === undefined ? isSipUri(uri) && questions.isOurDomain(uri.host) : to.params.has('tag');
}

function sideOf(host: ProxyHost, target: RouteTarget): FlowSide | undefined {
  return target.to === 'hop' ? target.hop.side : host.flow(target.flow)?.side;
}

/** To partners goes what our users say to them, and nothing of other partners. */
function refusalToPartner(
  { questions }: ProxyHost,
  { method, from: { uri } }: SipRequest,
  from: Flow,
): SipRefused | undefined {
  if (from.side === 'partner' || !isSipUri(uri) || !questions.isOurDomain(uri.host)) return 'no-relaying';
  return isFederated(method) ? undefined : 'not-to-partners';
}

/**
 * A phone that lost its connection and has registered the same contact again is reached by the new one: a dialog names the contact,
 * and calls outlive connections. All others get 430 (RFC 5626 §5.3).
 */
function newestLead(host: ProxyHost, request: SipRequest, lead: RouteTarget, now: Millis): RouteTarget {
  if (lead.to === 'hop' || host.flow(lead.flow) !== undefined || !isSipUri(request.uri)) return lead;
  const user = isSipUri(request.to.uri) ? host.questions.user(addressOfRecord(request.to.uri)) : undefined;
  const binding = user && bindingOfContact(host.bindings, user.record, request.uri, now);
  return binding === undefined ? lead : { to: 'flow', flow: binding.flow };
}

function onward({ questions }: ProxyHost, uri: SipUri, from: Flow, otherwise: SipRefused): Target[] | SipRefused {
  const hop = questions.nextHop(uri, from);
  return hop === undefined ? otherwise : [{ to: 'hop', hop, path: [] }];
}

function toBinding({ flow, contact, path }: Binding): Target {
  return { to: 'flow', flow, uri: contact.uri, path };
}
