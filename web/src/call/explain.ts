import type { Refused } from '../api/credentials.ts';
import type { Attempt } from './facts.ts';

/** A reason in words, and what a person can do about it. */
export interface Explanation {
  readonly code: string;
  readonly title: string;
  readonly reason: string;
  readonly remedy: readonly string[];
}

/** Why one TURN address gave no relay. */
export function explainAttempt(attempt: Attempt): Explanation {
  const known = BY_CODE[attempt.errorCode];
  if (known !== undefined) return known;
  if (attempt.transport === 'tls') return attempt.portAnswers ? CERTIFICATE : TLS_UNREACHABLE;
  return attempt.transport === 'tcp' ? TCP_UNREACHABLE : UDP_UNREACHABLE;
}

export function explainRefused(why: Refused, said: string): Explanation {
  const known = BY_REFUSAL[why];
  return said === '' ? known : { ...known, reason: `${known.reason} (${said})` };
}

/** STUN error codes as the browser hands them on (RFC 8489 §14.8, RFC 8656 §19). */
const BY_CODE: Readonly<Record<number, Explanation>> = {
  401: {
    code: 'credential-refused',
    title: 'The relay refused the credential',
    reason: '401: the user name and password did not match, or their time is over.',
    remedy: [
      'Mint and verify with the same secret: the first under credentials.secrets mints, all of them verify.',
      'Compare the clocks if the credential was minted on another machine.',
    ],
  },
  403: {
    code: 'request-forbidden',
    title: 'The relay forbids this',
    reason: '403: a policy of the relay refuses the request.',
    remedy: ['The log of the edge names the rule. Open it with external.peers.allow if it should be allowed.'],
  },
  437: {
    code: 'allocation-mismatch',
    title: 'The relay and the browser disagree about the allocation',
    reason: '437: the allocation exists already, or no longer.',
    remedy: ['Stop, wait a few seconds, start again. If it stays, a load balancer may be mixing paths.'],
  },
  438: {
    code: 'nonce-stale',
    title: 'The relay kept asking for a fresh nonce',
    reason: '438: the nonce was refused twice; several edges without a shared key can do that.',
    remedy: ['Send one client to one edge, or let the edges share their nonce key.'],
  },
  440: {
    code: 'family-unsupported',
    title: 'The relay has no address of the asked family',
    reason: '440: the browser asked for IPv4 or IPv6 and the relay has only the other.',
    remedy: ['List an address of each family under external.address.'],
  },
  442: {
    code: 'transport-unsupported',
    title: 'The relay does not carry this transport',
    reason: '442: the asked transport between relay and peer is not offered.',
    remedy: ['Browsers ask for UDP; check that the address is that of the relay.'],
  },
  486: {
    code: 'quota-reached',
    title: 'The quota is used up',
    reason: '486: this user or network already has as many allocations as it may have.',
    remedy: ['Wait for old allocations to end, or raise the quota in the configuration.'],
  },
  508: {
    code: 'no-capacity',
    title: 'The relay has no free port',
    reason: '508: no relay port could be opened.',
    remedy: ['Widen relayPorts, or look for other programs in that range.'],
  },
};

const CERTIFICATE: Explanation = {
  code: 'certificate-not-trusted',
  title: 'The browser does not trust the certificate of the relay',
  reason:
    'The port answers over plain TCP, so it is open; the TLS handshake is what failed. Browsers offer no “proceed anyway” here.',
  remedy: [
    'Give the edge a certificate for its public name under tls: { certificate, key }, and reach it by that name.',
    'A self-signed one, such as the edge makes at start, only works once this machine trusts it: UDP and TCP work without.',
  ],
};

const TLS_UNREACHABLE: Explanation = {
  code: 'tls-unreachable',
  title: 'No TLS connection to the relay',
  reason:
    'The connection failed before the relay could answer: the port is closed or filtered, or the certificate is not trusted.',
  remedy: [
    'Check that the edge listens on that port and that firewalls and NAT let TCP through.',
    'Check that the certificate is valid for this name and issued by an authority this browser trusts.',
  ],
};

const TCP_UNREACHABLE: Explanation = {
  code: 'tcp-unreachable',
  title: 'No TCP connection to the relay',
  reason: 'Nothing answers on that port: it is closed, filtered, or the name leads elsewhere.',
  remedy: ['Check that the edge runs and listens there, and that firewalls and NAT let TCP through to it.'],
};

const UDP_UNREACHABLE: Explanation = {
  code: 'udp-unreachable',
  title: 'No answer over UDP',
  reason: 'The browser sent requests and nothing came back.',
  remedy: [
    'Check that the edge runs and listens there, and that firewalls and NAT let UDP through, both ways.',
    'Networks that block UDP are common: see whether TCP or TLS works from here.',
  ],
};

const BY_REFUSAL: Readonly<Record<Refused, Explanation>> = {
  'token-missing': {
    code: 'token-missing',
    title: 'The page needs a token',
    reason: 'Credentials are minted for holders of the admin token only.',
    remedy: [
      'Open the address that the edge printed at start, or type the token under admin.token in its configuration.',
    ],
  },
  'token-refused': {
    code: 'token-refused',
    title: 'The edge refused the token',
    reason: 'The token is not the one under admin.token.',
    remedy: [
      'Open the address printed at the last start of the edge: an embedded default makes a new token each time.',
    ],
  },
  'api-unreachable': {
    code: 'api-unreachable',
    title: 'The edge does not answer',
    reason: 'The request for credentials got no answer.',
    remedy: ['Check that the edge still runs, then reload this page.'],
  },
  'api-absent': {
    code: 'api-absent',
    title: 'Nobody mints credentials here',
    reason: 'This server does not know POST /v1/credentials.',
    remedy: ['Serve this page from the admin listener of the edge.'],
  },
  'api-busy': {
    code: 'api-busy',
    title: 'The edge is busy',
    reason: 'The request for credentials was put off.',
    remedy: ['Try again in a moment.'],
  },
  'api-failed': {
    code: 'api-failed',
    title: 'The edge could not mint credentials',
    reason: 'The answer was not one this page understands.',
    remedy: ['The log of the edge says why.'],
  },
};
