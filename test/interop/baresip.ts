import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../testkit/requires.ts';

export interface BaresipSettings {
  readonly name: string;
  readonly password: string;
  /** `host:port`, reached over TLS. */
  readonly server: string;
  /** Its own address. */
  readonly address: string;
  /** A relay for its media, as `host:port`: without one it sends from its own address. */
  readonly turn?: { readonly server: string; readonly username: string; readonly password: string };
  /** Arguments of `ip` that run it elsewhere. */
  readonly prefix?: readonly string[];
}

/** baresip with one account, over TLS, answering by itself, its media under SDES-SRTP or not at all. Commands go in as if they were typed. */
export class Baresip {
  readonly #folder = mkdtempSync(join(tmpdir(), 'baresip-'));
  readonly #child: ChildProcess;
  output = '';

  constructor(settings: BaresipSettings) {
    writeFileSync(join(this.#folder, 'config'), configFor(settings));
    writeFileSync(join(this.#folder, 'accounts'), `${accountFor(settings)}\n`);
    writeFileSync(join(this.#folder, 'contacts'), '');
    const command = [pathOf('baresip')!, '-f', this.#folder, '-v', '-s'];
    const [program, ...args] =
      settings.prefix === undefined ? command : [pathOf('ip')!, ...settings.prefix, ...command];
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
  }

  type(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  /** Keys of media that any message brought or took. */
  mediaKeys(): string[] {
    const said = this.output.matchAll(/^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:([\w+/]{40})/gm);
    return [...new Set([...said].map(([, key]) => key!))];
  }

  /** Ended by its own process id. */
  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('close', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }
}

function configFor({ address, turn }: BaresipSettings): string {
  const modules = [
    'stdio.so',
    'opus.so',
    'ausine.so',
    'aufile.so',
    'srtp.so',
    ...(turn === undefined ? [] : ['turn.so']),
  ];
  return `poll_method epoll
net_interface ${address}
audio_player aufile,/dev/null
audio_source ausine,440
audio_alert aufile,/dev/null
module_path /usr/lib/baresip/modules
${modules.map(module => `module ${module}\n`).join('')}module_app account.so
module_app menu.so
`;
}

function accountFor({ name, password, server, turn }: BaresipSettings): string {
  const relay =
    turn === undefined
      ? ''
      : `;medianat=turn;stunserver="turn:${turn.server}";stunuser="${turn.username}";stunpass="${turn.password}"`;
  const login = `auth_user=${name};auth_pass=${password};outbound="sip:${server};transport=tls"`;
  return `<sip:${name}@example.test;transport=tls>;${login};mediaenc=srtp-mand;answermode=auto${relay}`;
}
