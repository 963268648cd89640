import type { CertificateFacts, Facts, TargetFacts, TlsFacts } from '../facts.ts';
import { fault, ok, type Result, type Told, warning } from '../result.ts';

const DAY = 86_400_000;
const SOON_DAYS = 14;

/** What TLS clients are shown, and what lies in the file: chain, name, expiry. */
export function certificate(facts: Facts): Result[] {
  const shown = facts.targets.flatMap(target => shownAt(target).flatMap(([where, tls]) => judge(where, tls, facts)));
  const file = facts.machine?.certificate;
  return [...shown, ...(file === undefined ? [] : judgeFile(file, facts, shown.length > 0))];
}

/** One certificate is looked at once, wherever it is shown. */
function shownAt({ address, reaches }: TargetFacts): (readonly [where: string, tls: TlsFacts])[] {
  const byLook = new Map<string, { ports: number[]; tls: TlsFacts }>();
  for (const { port, tls } of reaches) {
    if (tls === undefined) continue;
    const look = JSON.stringify(tls);
    const known = byLook.get(look);
    if (known === undefined) byLook.set(look, { ports: [port], tls });
    else known.ports.push(port);
  }
  return [...byLook.values()].map(({ ports, tls }) => [`${address} port ${ports.join(', ')}`, tls]);
}

function judge(where: string, tls: TlsFacts, { at, expected }: Facts): Result[] {
  const found = [
    ...chain(where, tls),
    ...name(where, tls.names, tls.name ?? expected.name, tls.matches),
    ...expiry(where, tls.notAfter, at),
    ...notYet(where, tls.notBefore, at),
  ];
  if (found.length > 0) return found;
  return [ok('certificate', where, `for ${tls.names.join(', ')}, until ${day(tls.notAfter)}`)];
}

/** What is shown is the file's, and is not judged twice. */
function judgeFile(
  { file, error, names, notAfter, resolvesTo }: CertificateFacts,
  { at, expected }: Facts,
  isShown: boolean,
): Result[] {
  if (error !== undefined) {
    return [
      fault('certificate', file, {
        id: 'certificate-unusable',
        place: 'edge',
        seen: error,
        means: 'The edge can not start with it.',
        change: 'correct tls.certificate or tls.key; docs/errors.md says how to compare the two',
      }),
    ];
  }
  const matches = expected.name === undefined || names.some(pattern => matchesName(pattern, expected.name!));
  const found = [
    ...(isShown ? [] : name(file, names, expected.name, matches)),
    ...(isShown || notAfter === undefined ? [] : expiry(file, notAfter, at)),
    ...elsewhere(file, names, resolvesTo, expected.told),
  ];
  return found.length > 0 || isShown ? found : [ok('certificate', file, `for ${names.join(', ')}`)];
}

function chain(where: string, { chainError }: TlsFacts): Result[] {
  if (chainError === undefined || chainError === 'CERT_HAS_EXPIRED' || chainError === 'CERT_NOT_YET_VALID') return [];
  const isOwn = /SELF_SIGNED/.test(chainError);
  return [
    fault('certificate', where, {
      id: isOwn ? 'certificate-self-signed' : 'certificate-chain',
      place: 'edge',
      seen: chainError,
      means: isOwn
        ? 'No client trusts a self-signed certificate: browsers and Microsoft clients refuse turns: and TCP 443 with TLS.'
        : 'The chain does not lead to an authority that clients trust; often the intermediate certificate is missing.',
      change: isOwn
        ? 'set tls.certificate and tls.key to a certificate of a public authority, or give the observer --ca FILE if clients trust yours'
        : 'put the whole chain into tls.certificate, the certificate first; for an authority of your own give the observer --ca FILE',
    }),
  ];
}

function name(where: string, names: readonly string[], wanted: string | undefined, matches: boolean): Result[] {
  if (wanted !== undefined && !matches) {
    return [
      fault('certificate', where, {
        id: 'certificate-name',
        place: 'edge',
        seen: `it is for ${names.join(', ') || 'no name'}, and clients connect to ${wanted}`,
        means: 'Clients compare the name they connect to with the certificate, and refuse TLS.',
        change: `get a certificate with ${wanted} among its alternative names into tls.certificate, or have clients told one of its names (--name)`,
      }),
    ];
  }
  if (names.some(each => !/^[\d.]+$|:/.test(each))) return [];
  return [
    warning('certificate', where, {
      id: 'certificate-without-name',
      place: 'edge',
      seen: `it is for ${names.join(', ') || 'nothing'}`,
      means: 'Some clients ignore addresses in certificates and need a DNS name.',
      change: 'get a certificate with a DNS name into tls.certificate',
    }),
  ];
}

function expiry(where: string, notAfter: number, now: number): Result[] {
  const days = Math.floor((notAfter - now) / DAY);
  if (days >= SOON_DAYS) return [];
  const isOver = notAfter <= now;
  const told: Told = {
    id: isOver ? 'certificate-expired' : 'certificate-expires',
    place: 'edge',
    seen: isOver ? `it expired on ${day(notAfter)}` : `it expires on ${day(notAfter)}, in ${days} days`,
    means: isOver ? 'Clients refuse TLS.' : 'Clients will refuse TLS from that day on.',
    change: 'renew it; the edge reads tls.certificate again by itself',
  };
  return [isOver ? fault('certificate', where, told) : warning('certificate', where, told)];
}

function notYet(where: string, notBefore: number, now: number): Result[] {
  if (notBefore <= now) return [];
  return [
    fault('certificate', where, {
      id: 'certificate-not-yet',
      place: 'edge',
      seen: `it is valid from ${day(notBefore)} on`,
      means: 'Clients refuse TLS until then; or the clock of this observer is wrong.',
      change: 'use a certificate that is valid now, or set the clock',
    }),
  ];
}

function elsewhere(
  file: string,
  names: readonly string[],
  to: readonly string[] | undefined,
  told: readonly string[],
): Result[] {
  if (to === undefined || to.some(address => told.includes(address))) return [];
  return [
    warning('certificate', file, {
      id: 'certificate-name-elsewhere',
      place: 'edge',
      seen: `${names[0]} leads to ${to.join(', ') || 'no address'}, and the edge is ${told.join(', ')}`,
      means: 'Clients are told the first name of the certificate for turns:, and do not reach this edge by it.',
      change: `point ${names[0]} to ${told.join(' and ')} in DNS`,
    }),
  ];
}

function matchesName(pattern: string, wanted: string): boolean {
  const [left, ...rest] = wanted.toLowerCase().split('.');
  const lower = pattern.toLowerCase();
  return lower === wanted.toLowerCase() || (left !== '' && lower === ['*', ...rest].join('.'));
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
