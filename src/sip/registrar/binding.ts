import { createHash } from 'node:crypto';
import { isSameUri, type Millis, type NameAddress, type SipUri, unquote, writeNameAddress } from '../../wire/index.ts';
import type { FlowId } from '../flows.ts';

/** One way to reach a user (RFC 3261 §10): where a REGISTER said, by the flow it came by. */
export interface Binding {
  readonly record: string;
  readonly contact: NameAddress & { readonly uri: SipUri };
  /** With `reg-id`: one device's one flow (RFC 5626 §6). */
  readonly instance: string | undefined;
  readonly regId: number | undefined;
  readonly flow: FlowId;
  /** Proxies between us and the user, as a Route (RFC 3327). Empty when the flow is the user's own. */
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  readonly expiresAt: Millis;
  /** In thousandths. */
  readonly q: number;
}

/** The binding of a user's that this one takes the place of: the same device's same flow, or the same contact (RFC 5626 §6, RFC 3261 §10.3). */
export function replacedBy(binding: Binding, bindings: readonly Binding[]): Binding | undefined {
  const { contact, instance, regId } = binding;
  return bindings.find(one => {
    const isOutbound = regId !== undefined || one.regId !== undefined;
    return isOutbound ? one.instance === instance && one.regId === regId : isSameUri(one.contact.uri, contact.uri);
  });
}

/** The instance a contact names, without quotation marks and brackets. */
export function instanceOf({ params }: NameAddress): string | undefined {
  const value = params.get('+sip.instance');
  return value === undefined ? undefined : unquote(value).replace(/^<(.*)>$/, '$1');
}

/** Only with an instance does a reg-id say anything (RFC 5626 §6). */
export function regIdOf(contact: NameAddress): number | undefined {
  const value = contact.params.get('reg-id');
  return value !== undefined && /^[1-9][0-9]{0,8}$/.test(value) && instanceOf(contact) !== undefined
    ? Number(value)
    : undefined;
}

/** `q=0.75` as 750. Without one: 1 (RFC 3261 §16.6). */
export function qOf({ params }: NameAddress): number {
  const value = params.get('q') ?? '1';
  return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Math.round(Number(value) * 1000) : 1000;
}

/**
 * A name of this device alone, that leads to it wherever it is (MS-CONMGMT's GRUU): it stands in an address for as long as the
 * device has its instance, and tells nothing about it.
 */
export function epidOf(instance: string): string {
  return createHash('sha256').update(`gruu ${instance}`).digest('base64url').slice(0, 22);
}

export function gruuOf(record: string, instance: string): string {
  return `${record};opaque=user:epid:${epidOf(instance)};gruu`;
}

/** A binding as a REGISTER's answer lists it (RFC 3261 §10.3, step 8). */
export function contactLine(binding: Binding, now: Millis, withGruu: boolean): string {
  const params = new Map(binding.contact.params);
  params.set('expires', String(Math.max(0, Math.round((binding.expiresAt - now) / 1000))));
  if (withGruu && binding.instance !== undefined) params.set('gruu', `"${gruuOf(binding.record, binding.instance)}"`);
  return writeNameAddress({ ...binding.contact, params });
}
