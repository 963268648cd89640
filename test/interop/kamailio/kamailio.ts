import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Network } from '../../lab/network/network.ts';
import type { Program } from '../../testkit/program.ts';

const CONFIG = fileURLToPath(new URL('kamailio.cfg', import.meta.url));

export interface KamailioSettings {
  readonly net: Network;
  readonly machine: string;
  readonly folder: string;
  readonly address: string;
  /** Where the edge is, seen from inside. */
  readonly edge: string;
  /** PEM files: its own certificate and key, and whom it trusts. */
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
}

/** kamailio as the server inside: every user's password there is `NAME-password`. */
export async function startKamailio(settings: KamailioSettings): Promise<Program> {
  const { net, machine, folder, address, edge } = settings;
  const tls = join(folder, 'kamailio-tls.cfg');
  writeFileSync(tls, `${profile('server', 'no', settings)}${profile('client', 'yes', settings)}`);
  const values = [`INSIDE=${address}`, `EDGE_ADDRESS="${edge}"`, `TLS_CONFIG="${tls}"`].flatMap(one => ['-A', one]);
  const kamailio = net.start(machine, 'kamailio', '-DD', '-f', CONFIG, '-Y', folder, '-m', '32', ...values);
  await kamailio.until(() => net.in(machine, 'ss', '-ltn').then(text => text.includes(`${address}:5061`)), 20_000);
  return kamailio;
}

function profile(of: string, required: string, { certificate, key, authorities }: KamailioSettings): string {
  return `[${of}:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = ${required}
private_key = ${key}
certificate = ${certificate}
ca_list = ${authorities}
`;
}
