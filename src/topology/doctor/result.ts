/** Every check, as a word that programs can rely on; docs/doctor.md explains each. */
export const CHECKS = [
  'own-addresses',
  'routes',
  'ports-free',
  'relay-ports-free',
  'open-files',
  'ephemeral-ports',
  'admin-inside',
  'workers',
  'self-test',
  'listener-answers',
  'udp-blocked',
  'certificate',
  'credential',
  'clock',
  'source-kept',
  'allocation',
  'relayed-address',
  'relayed-out',
  'relayed-in',
  'relay-ports-reached',
  'partner-media',
  'mapping-per-destination',
  'mapping-idle',
  'hairpin',
  'packet-size',
  'relay-to-relay',
  'peer-policy',
  'own-nat',
] as const;
export type CheckId = (typeof CHECKS)[number];

/** What can be wrong, as words that programs can rely on, by where it is to be mended; docs/doctor.md explains each. */
export const FINDINGS = [
  // in the NAT
  'nothing-listens',
  'source-rewritten',
  'ports-rewritten',
  'one-way-nat',
  'leaves-by-another-address',
  'mapping-per-destination',
  'mapping-idle',
  'hairpin-missing',
  'hairpin-source',
  // in the firewall
  'nothing-answers',
  'udp-blocked',
  'tcp-blocked',
  'listener-silent',
  'relay-range-blocked',
  'relay-range-partly-blocked',
  'relayed-out-lost',
  'partner-blocked',
  'outside-silent',
  'fragments-dropped',
  'small-path-mtu',
  // in the configuration of the edge
  'relayed-address-private',
  'relayed-address-wrong',
  'certificate-name',
  'certificate-self-signed',
  'certificate-chain',
  'certificate-expired',
  'certificate-expires',
  'certificate-not-yet',
  'certificate-without-name',
  'certificate-name-elsewhere',
  'certificate-unusable',
  'credential-refused',
  'credential-unanswered',
  'allocation-refused',
  'no-allocation',
  'relay-to-relay',
  'peer-allowed',
  'peer-denied',
  'another-server',
  'listener-missing',
  'listener-dumb',
  'admin-outside',
  'self-test-failed',
  'workers-missing',
  // on the machine
  'port-taken',
  'port-forbidden',
  'port-unusable',
  'address-missing',
  'no-default-route',
  'clock-off',
  'ephemeral-overlap',
  'relay-ports-taken',
  'too-few-files',
] as const;
export type FindingId = (typeof FINDINGS)[number];

/** Where on the path it is to be mended, and where the report's picture marks it. */
export type Place = 'machine' | 'edge' | 'nat' | 'firewall' | 'observer';

/** `unknown`: it could not be tried, and `seen` says why. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'unknown';

/** One check of one thing. */
export interface Result {
  readonly check: CheckId;
  readonly subject: string;
  readonly verdict: Verdict;
  readonly seen: string;
}

/** A result that asks for a change: what was seen, what it means, and the exact rule or setting. */
export interface Finding extends Result {
  readonly verdict: 'warning' | 'fault';
  readonly id: FindingId;
  readonly place: Place;
  readonly means: string;
  readonly change: string;
  /** Ids of `sallyport firewall plan`. */
  readonly rules: readonly string[];
}

export function isFinding(result: Result): result is Finding {
  return result.verdict === 'warning' || result.verdict === 'fault';
}

export function ok(check: CheckId, subject: string, seen: string): Result {
  return { check, subject, verdict: 'ok', seen };
}

export function unknown(check: CheckId, subject: string, why: string): Result {
  return { check, subject, verdict: 'unknown', seen: why };
}

export interface Told {
  readonly id: FindingId;
  readonly place: Place;
  readonly seen: string;
  readonly means: string;
  readonly change: string;
  readonly rules?: readonly string[];
}

export function fault(check: CheckId, subject: string, told: Told): Finding {
  return { check, subject, verdict: 'fault', rules: [], ...told };
}

export function warning(check: CheckId, subject: string, told: Told): Finding {
  return { check, subject, verdict: 'warning', rules: [], ...told };
}
