import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../testkit/requires.ts';

const CONFIG = `poll_method epoll
net_interface 127.0.0.1
audio_player aufile,/dev/null
audio_source ausine,440
audio_alert aufile,/dev/null
module_path /usr/lib/baresip/modules
module stdio.so
module opus.so
module ausine.so
module aufile.so
module srtp.so
module_app account.so
module_app menu.so
`;

/** baresip with one account, over TLS, answering by itself, its media under SDES-SRTP. Commands go in as if they were typed. */
export class Baresip {
  readonly #folder = mkdtempSync(join(tmpdir(), 'baresip-'));
  readonly #child: ChildProcess;
  output = '';

  constructor(name: string, password: string, port: number) {
    mkdirSync(this.#folder, { recursive: true });
    const by = `sip:127.0.0.1:${port};transport=tls`;
    const account = `<sip:${name}@example.test;transport=tls>;auth_user=${name};auth_pass=${password};outbound="${by}";mediaenc=srtp;answermode=auto`;
    writeFileSync(join(this.#folder, 'config'), CONFIG);
    writeFileSync(join(this.#folder, 'accounts'), `${account}\n`);
    writeFileSync(join(this.#folder, 'contacts'), '');
    this.#child = spawn(pathOf('baresip')!, ['-f', this.#folder, '-v', '-s'], { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
  }

  type(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
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
