import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Network } from '../../lab/network/network.ts';
import type { Program } from '../../testkit/program.ts';
import { type Need, pathOf } from '../../testkit/requires.ts';

const SOURCE = fileURLToPath(new URL('sipe-phone.c', import.meta.url));
const PACKAGES = ['purple', 'gobject-2.0'];
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

export const PIDGIN_SIPE: readonly Need[] = [
  'gcc',
  'pkg-config',
  { name: 'libpurple-dev', isMet: () => pathOf('pkg-config') !== undefined && flags('--exists') !== undefined },
  { name: 'pidgin-sipe', isMet: () => existsSync('/usr/lib/purple-2/libsipe.so') },
  ...[
    ['gstreamer1.0-nice', 'libgstnice.so'],
    ['gstreamer1.0-plugins-good', 'libgstrtpmanager.so'],
    ['gstreamer1.0-plugins-bad', 'libgstsrtp.so'],
  ].map(([name, file]) => ({ name: name!, isMet: () => existsSync(`${LIBRARIES}/gstreamer-1.0/${file}`) })),
];

/** The driver, built into this folder. */
export function builtSipePhone(folder: string): string {
  const program = join(folder, 'sipe-phone');
  const all = `${flags('--cflags')} ${flags('--libs')}`.split(/\s+/).filter(flag => flag !== '');
  const gcc = ['-O1', '-Wall', '-rdynamic', SOURCE, '-o', program, ...all, '-l:libgstreamer-1.0.so.0', '-ldl'];
  execFileSync('gcc', gcc, { stdio: 'pipe' });
  return program;
}

export interface SipePhoneSettings {
  readonly net: Network;
  readonly machine: string;
  readonly program: string;
  readonly folder: string;
  readonly user: string;
  readonly password: string;
  /** `host:port`. */
  readonly server: string;
  readonly callee?: string;
  /** Refuses a certificate that nobody has vouched for, as a careful person would. */
  readonly isWary?: boolean;
}

/** pidgin-sipe on a machine of the lab, signed in over TLS. It answers every call. */
export class SipePhone {
  readonly #program: Program;

  constructor({ net, machine, program, folder, user, password, server, callee, isWary }: SipePhoneSettings) {
    const home = join(folder, user);
    mkdirSync(home, { recursive: true });
    const account = `${user}@example.test,${user}`;
    const args = [
      'env',
      ...(isWary === true ? ['WARY=1'] : []),
      program,
      home,
      account,
      password,
      server,
      'tls',
      ...(callee === undefined ? [] : [callee]),
    ];
    this.#program = net.start(machine, ...args);
  }

  get output(): string {
    return this.#program.output;
  }

  /** Resolves when it has printed this. */
  until(text: string | RegExp, timeoutMillis = 20_000): Promise<void> {
    return this.#program.until(() => this.output.search(text) >= 0, timeoutMillis);
  }

  /** Every SIP message it has sent or received. */
  messages(direction: 'sent' | 'received'): string[] {
    const arrows = direction === 'sent' ? '>>>>>>>>>>' : '<<<<<<<<<<';
    const shape = new RegExp(`MESSAGE START ${arrows} SIP[^\\n]*\\n(.*?)MESSAGE END ${arrows}`, 'gs');
    return [...this.output.matchAll(shape)].map(([, message]) => message!);
  }

  /** Keys of its own media, as it said them. */
  mediaKeys(): string[] {
    const said = this.messages('sent').flatMap(message => [
      ...message.matchAll(/^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:([\w+/]{40})/gm),
    ]);
    return [...new Set(said.map(([, key]) => key!))];
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL');
  }
}

function flags(option: string): string | undefined {
  try {
    return execFileSync('pkg-config', [option, ...PACKAGES], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}
