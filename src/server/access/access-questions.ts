import type { SipUsers } from '../../credentials/sip/index.ts';
import {
  type MrasService,
  msRegistrationHeaders,
  type NextHop,
  type SipQuestions,
  serveMsClient,
  serveProvisioning,
} from '../../sip/index.ts';
import type { Provisioning } from '../../wire/mras/index.ts';

export interface AccessParts {
  /** Read anew each time: the file may have changed. */
  readonly users: () => SipUsers;
  /** Names and addresses of the edge, as clients' Routes have them; IPv6 in brackets. */
  readonly hosts: readonly string[];
  readonly mras?: MrasService;
  readonly provisioning?: Provisioning;
  /** The server inside that has the users we do not know. */
  readonly internal?: NextHop;
}

/** The answers to `sip`'s questions, from what the edge is made of. */
export function accessQuestions({ users, hosts, mras, provisioning, internal }: AccessParts): SipQuestions {
  return {
    user: record => users().user(record),
    secret: (username, algorithm) => users().secret(username, algorithm),
    isOurDomain: host => host === users().domain,
    isOurHost: host => hosts.includes(host),
    serve: (request, now) =>
      mras?.serve(request, now) ??
      (provisioning === undefined ? undefined : serveProvisioning(request, provisioning)) ??
      serveMsClient(request),
    registrationHeaders: msRegistrationHeaders,
    // what comes from inside is not sent back inside, and nobody's domain but ours is anybody's business
    nextHop: (uri, from) => (from.side !== 'internal' && uri.host === users().domain ? internal : undefined),
  };
}
