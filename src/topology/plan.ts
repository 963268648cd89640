import type { Config } from '../control/config/index.ts';
import { accessCertificates, accessRecords } from './access.ts';
import { type CertificateNeed, certificatesOf, type DnsRecord, dnsRecordsOf, hostName } from './names.ts';
import { type Translation, translationsOf } from './nat.ts';
import type { Policy } from './need.ts';
import type { Rule, Side } from './rule.ts';
import { rulesOf } from './rules.ts';

export interface PlanOptions {
  readonly policy: Policy;
  /** `both` unless given. */
  readonly side?: Side | 'both';
  /** The edge's name in DNS; made from the realm unless given. */
  readonly name?: string | undefined;
}

/** Everything that has to be arranged around an edge so that what its configuration promises works. */
export interface Plan {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly nat: readonly Translation[];
  readonly dns: readonly DnsRecord[];
  readonly certificates: readonly CertificateNeed[];
  /** What could not be planned and why, in sentences. */
  readonly notes: readonly string[];
}

const PLACEHOLDER = 'turn.example.org';

export function planOf(config: Config, { policy, side = 'both', name }: PlanOptions): Plan {
  const host = hostName(config, name);
  const isSeen = ({ view }: { view: Side }) => side === 'both' || view === side;
  return {
    policy,
    rules: rulesOf(config, policy).filter(rule => side === 'both' || rule.side === side),
    nat: side === 'internal' ? [] : translationsOf(config),
    dns: [...dnsRecordsOf(config, host ?? PLACEHOLDER), ...accessRecords(config)].filter(isSeen),
    certificates: [...certificatesOf(config, host ?? PLACEHOLDER), ...accessCertificates(config)].filter(isSeen),
    notes: [
      ...anyFreePort(config),
      ...familiesWithoutPartner(config),
      ...tunnelMissing(config),
      ...(host === undefined
        ? [`the edge has no name in DNS: ${PLACEHOLDER} stands for it; give one with --name`]
        : []),
    ],
  };
}

function anyFreePort({ external, internal }: Config): string[] {
  const sides = { external, internal };
  return (['external', 'internal'] as const).flatMap(side =>
    (['udp', 'tcp'] as const).flatMap(protocol =>
      sides[side]?.[protocol].includes(0)
        ? [`${side}.${protocol} has 0, any free port: no firewall can be told which; name a port`]
        : [],
    ),
  );
}

function familiesWithoutPartner(config: Config): string[] {
  if (rulesOf(config, 'destination').some(({ side, family }) => side === 'external' && family === 4)) return [];
  return config.federation.flatMap(({ name, kind }) =>
    kind === 'standard' ? [] : [`${name} (${kind}) speaks IPv4 only, and external.address has none: no rule helps`],
  );
}

/** ADR 14: the documents' table is planned all the same, so that nothing has to be opened once the edge speaks it. */
function tunnelMissing({ federation }: Config): string[] {
  return federation
    .filter(({ kind }) => kind === 'lync' || kind === 'ocs2007r2')
    .map(
      ({ name, kind }) =>
        `${name} (${kind}) takes UDP between edges through a tunnel on port 3478, which this edge does not speak yet (ADR 14)`,
    );
}
