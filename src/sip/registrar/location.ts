import { isSameUri, type Millis, type SipUri } from '../../wire/index.ts';
import { type Binding, epidOf } from './binding.ts';
import type { Bindings } from './bindings.ts';

/**
 * The bindings a request for a user goes to, best first (RFC 3261 §16.5). An address of one device alone (`gr` of RFC 5627, `opaque`
 * of the Microsoft GRUU) leads to that device, and a device that has several flows gets it by its newest (RFC 5626 §5.3).
 */
export function targetsOf(bindings: Bindings, record: string, uri: SipUri, now: Millis): Binding[] {
  const device = deviceOf(uri);
  const all = bindings.of(record, now).filter(({ instance }) => device === undefined || device(instance));
  const newest = new Map<unknown, Binding>();
  for (const binding of all) {
    const key = binding.instance ?? binding;
    const known = newest.get(key);
    if (known === undefined || known.expiresAt <= binding.expiresAt) newest.set(key, binding);
  }
  return [...newest.values()].toSorted((a, b) => b.q - a.q);
}

/** The user whose registered contact this is: a request within a dialog names the contact, not the user. */
export function bindingOfContact(bindings: Bindings, record: string, uri: SipUri, now: Millis): Binding | undefined {
  return bindings.of(record, now).find(({ contact }) => isSameUri(contact.uri, uri));
}

function deviceOf({ params }: SipUri): ((instance: string | undefined) => boolean) | undefined {
  const gr = params.get('gr');
  if (gr !== undefined) return instance => instance === gr;
  const epid = /^user:epid:(.+)$/.exec(params.get('opaque') ?? '')?.[1];
  return epid === undefined ? undefined : instance => instance !== undefined && epidOf(instance) === epid;
}
