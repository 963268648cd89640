import { X509Certificate } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Config, OperatorError } from '../../control/index.ts';
import type { AdminFacts, CertificateFacts, MachineFacts, Reach } from '../../topology/doctor/index.ts';
import { formatAddress, formatIp, type IpAddress, sameIp, withPort } from '../../wire/index.ts';
import { certificateFrom } from '../certificate.ts';
import { openFilesNeeded } from '../open-files.ts';
import { machineAddresses } from '../system.ts';
import { namesOf } from './line.ts';
import { defaultRoutes, ephemeralPorts, filesAllowed, portsHeld, reservedPorts } from './linux.ts';
import { isTakenBy } from './port-state.ts';

/** A listener of the configuration, and what trying it as a client came to. */
export interface Tried {
  readonly transport: 'udp' | 'tcp';
  readonly address: IpAddress;
  readonly port: number;
  readonly reach: Reach;
}

const ADMIN_MILLIS = 8_000;
const DNS_MILLIS = 1_500;

/** What this machine has and lacks for the edge of this configuration. */
export async function lookAtMachine(config: Config, tried: readonly Tried[]): Promise<MachineFacts> {
  const { external, internal, relayPorts } = config;
  const here = machineAddresses();
  // All of 127.0.0.0/8 is here, though only one of it is listed.
  const isHere = (ip: IpAddress) => formatIp(ip).startsWith('127.') || here.some(each => sameIp(each, ip));
  const running = tried.some(({ reach }) => isOurs(config, reach));
  const listeners = await Promise.all(
    tried.map(async each => ({ ...about(each), ...(await stateOf(config, each, running)) })),
  );
  const pid = Number(/\(pid (\d+)\)/.exec(listeners.find(({ state }) => state === 'answers')?.owner ?? '')?.[1]);
  const isLocal = external.addresses.every(
    address => formatIp(address).startsWith('127.') || formatIp(address) === '::1',
  );
  return {
    running,
    addresses: [
      ...external.addresses.map(address => ({
        address: formatIp(address),
        side: 'external' as const,
        isHere: isHere(address),
      })),
      ...(internal?.addresses ?? []).map(address => ({
        address: formatIp(address),
        side: 'internal' as const,
        isHere: isHere(address),
      })),
    ],
    routes: isLocal ? [] : defaultRoutes(external.addresses),
    listeners,
    relayPorts: {
      tried: relayPorts.last - relayPorts.first + 1,
      taken: portsHeld(relayPorts, external.addresses, Number.isNaN(pid) ? undefined : pid),
    },
    openFiles: {
      needed: openFilesNeeded(config).all,
      allowed: filesAllowed(Number.isNaN(pid) ? 'self' : pid),
      whose: Number.isNaN(pid) ? 'doctor' : 'edge',
    },
    ephemeral: ephemeralPorts(),
    reserved: reservedPorts(),
    admin: await lookAtAdmin(config),
    certificate: config.tls && (await lookAtCertificate(config.tls)),
  };
}

/** Another TURN server answers too, but for another realm. */
function isOurs({ realm }: Config, reach: Reach): boolean {
  return reach.outcome === 'answered' && (reach.realm === undefined || reach.realm === realm);
}

function about({ transport, address, port }: Tried) {
  return { transport, address: formatAddress(withPort(address, port)) };
}

async function stateOf(config: Config, { transport, address, port, reach }: Tried, running: boolean) {
  const at = await isTakenBy(transport, address, port);
  if (isOurs(config, reach)) return { state: 'answers' as const, owner: at.owner };
  if (at.state === 'taken' && reach.outcome === 'silent' && running)
    return { state: 'silent' as const, owner: at.owner };
  return at;
}

async function lookAtAdmin({ admin, external, workers }: Config): Promise<AdminFacts | undefined> {
  if (admin === undefined) return undefined;
  const address = formatIp(admin.address);
  const isWild = address === '0.0.0.0' || address === '::';
  const isOutside = isWild || external.addresses.some(each => sameIp(each, admin.address));
  const facts = { address, port: admin.port, isOutside, isAllowedOutside: admin.allowExternal };
  const host = isWild ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address;
  const ready = await asked(`http://${host}:${admin.port}/readyz`);
  const metrics = await asked(`http://${host}:${admin.port}/metrics`);
  const serving = /^sallyport_workers (\d+)$/m.exec(metrics ?? '')?.[1];
  return {
    ...facts,
    ready: readiness(ready),
    workers:
      serving === undefined
        ? undefined
        : { serving: Number(serving), configured: workers === 'auto' ? undefined : workers },
  };
}

async function asked(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ADMIN_MILLIS) });
    return await answer.text();
  } catch {
    return undefined; // no edge is running, or its admin listener is another's: listeners say so
  }
}

function readiness(text: string | undefined): AdminFacts['ready'] {
  try {
    const { ready, checks } = JSON.parse(text ?? '') as { ready?: unknown; checks?: unknown };
    if (typeof ready !== 'boolean' || typeof checks !== 'object' || checks === null) return undefined;
    return { ok: ready, checks: Object.fromEntries(Object.entries(checks).map(([way, said]) => [way, String(said)])) };
  } catch {
    return undefined;
  }
}

async function lookAtCertificate(files: { certificate: string; key: string }): Promise<CertificateFacts> {
  try {
    const { notAfter } = certificateFrom(files);
    const { subjectAltName } = new X509Certificate(readFileSync(files.certificate));
    const names = namesOf({ subjectaltname: subjectAltName ?? '' });
    return { file: files.certificate, names, notAfter: notAfter.getTime(), resolvesTo: await resolved(names) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { file: files.certificate, error: error.message, names: [] };
  }
}

/** Undefined where DNS has nothing to say: that may be this machine's doing. */
async function resolved(names: readonly string[]): Promise<string[] | undefined> {
  const name = names.find(each => isIP(each) === 0 && !each.startsWith('*'));
  if (name === undefined) return undefined;
  const resolver = new Resolver({ timeout: DNS_MILLIS, tries: 1 });
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const all = found.flatMap(each => (each.status === 'fulfilled' ? each.value : []));
  return all.length === 0 ? undefined : all;
}
