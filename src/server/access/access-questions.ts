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
import type { DirectoryUsers } from './directory-users.ts';

export interface AccessParts {
  /** Read anew each time: the file may have changed. */
  readonly users: () => SipUsers;
  /** Users of a directory who have shown their passwords. An address in the file is the file's. */
  readonly directory?: Pick<DirectoryUsers, 'user' | 'secret'> | undefined;
  /** Names and addresses of the edge, as clients' Routes have them; IPv6 in brackets. */
  readonly hosts: readonly string[];
  readonly mras?: MrasService;
  readonly provisioning?: Provisioning;
  /** The server inside that has the users we do not know. */
  readonly internal?: NextHop;
}

/** The answers to `sip`'s questions, from what the edge is made of. */
export function accessQuestions({ users, directory, hosts, mras, provisioning, internal }: AccessParts): SipQuestions {
  return {
    user: record => users().user(record) ?? directory?.user(record),
    secret: (username, algorithm) => {
      const known = users().secret(username, algorithm) ?? directory?.secret(username, algorithm);
      return known && (users().user(known.user.record) ?? known.user) === known.user ? known : undefined;
    },
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
