import { isSipUri } from '../../wire/index.ts';
import { PROVISIONING_EVENT, PROVISIONING_TYPE, type Provisioning, writeProvisioning } from '../../wire/mras/index.ts';
import type { Notice } from '../notice.ts';
import type { AuthenticRequest, LocalAnswer } from '../questions.ts';

/** How long before credentials end their owner is told to fetch new ones. */
export const RENEW_BEFORE_MINUTES = 30;

const MS_SUPPORTED = 'ms-benotify, ms-piggyback-first-notify';

/** The answer to a SUBSCRIBE for provisioning, its first notification within (MS-SIP piggyback); undefined when it is about something else. */
export function serveProvisioning({ request }: AuthenticRequest, provisioning: Provisioning): LocalAnswer | undefined {
  const event = (request.headers.first('event') ?? '').split(';')[0]!.trim().toLowerCase();
  if (request.method !== 'SUBSCRIBE' || event !== PROVISIONING_EVENT || !isSipUri(request.uri)) return undefined;
  return {
    status: 200,
    headers: [
      ['Event', PROVISIONING_EVENT],
      ['Expires', '0'],
      ['Subscription-State', 'terminated;expires=0'],
      ['ms-piggyback-cseq', '1'],
      ['Supported', MS_SUPPORTED],
      ['Content-Type', PROVISIONING_TYPE],
    ],
    body: writeProvisioning(provisioning),
  };
}

/** The same unasked: a client that hears it fetches new credentials at once, which pidgin-sipe never does of itself. */
export function provisioningNotice(provisioning: Provisioning): Notice {
  return {
    method: 'BENOTIFY',
    headers: [
      ['Event', PROVISIONING_EVENT],
      ['Subscription-State', 'terminated;expires=0'],
      ['Content-Type', PROVISIONING_TYPE],
    ],
    body: writeProvisioning(provisioning),
  };
}
