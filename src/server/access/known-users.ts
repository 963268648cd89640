import { type AccessConfig, OperatorError } from '../../control/index.ts';
import { SipUsers } from '../../credentials/sip/index.ts';
import type { Logger } from '../log.ts';
import { UsersSource } from './users-source.ts';

const LOOK_MILLIS = 1_000;

/** The users of an edge: those of its file as it is now, or nobody where the server inside has them all. */
export interface KnownUsers {
  readonly users: SipUsers;
  stop(): void;
}

/** Throws an OperatorError when the file can't be used. `onGone`: removed, or with another password. */
export function knownUsers(
  { users: file, domain }: AccessConfig,
  log: Logger,
  onGone: (record: string) => void,
): KnownUsers {
  if (file === undefined) return { users: new SipUsers({ domain: domain!, users: {} }), stop() {} };
  const source = new UsersSource(file, LOOK_MILLIS, {
    onGone: records => {
      for (const record of records) onGone(record);
    },
    onBroken: ({ message }) => log.error({ reason: message }, 'the file of users is unusable: the old users stay'),
  });
  if (domain === undefined || source.users.domain === domain) return source;
  source.stop();
  throw new OperatorError(
    'SALLYPORT_USERS_INVALID',
    `${file}: its users are of ${source.users.domain}, and access.domain is ${domain}`,
    'remove access.domain, or name the file of that domain',
  );
}
