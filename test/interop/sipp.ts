import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type Finished, run } from '../testkit/program.ts';

const SCENARIOS = fileURLToPath(new URL('sipp', import.meta.url));

/** Debian's sipp speaks no TLS: its TCP connections are carried over TLS, each by one of its own. */
export class TlsTunnel {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(port: number, certificate: string): Promise<TlsTunnel> {
    const tunnel = new TlsTunnel(port, certificate);
    tunnel.#server.listen(0, '127.0.0.1');
    await once(tunnel.#server, 'listening');
    return tunnel;
  }

  private constructor(port: number, ca: string) {
    this.#server = createServer(plain => {
      const secure = connect({ host: '127.0.0.1', port, ca, servername: 'edge.example.test' });
      for (const socket of [plain, secure]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => {
          plain.destroy();
          secure.destroy();
        });
      }
      plain.pipe(secure).pipe(plain);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

export interface SippRun {
  readonly scenario: 'register' | 'call' | 'cancel' | 'busy' | 'lockout';
  /** Where it connects to, on loopback. */
  readonly port: number;
  /** For what it writes. */
  readonly folder: string;
  readonly calls?: number;
  readonly perSecond?: number;
  /** Name and password of users who take turns, in the scenarios that register. */
  readonly users?: readonly (readonly [string, string])[];
}

/** Runs a scenario, each call over a connection of its own. Status 0: every call went as it is written there. */
export function sipp({ scenario, port, folder, calls = 1, perSecond = 10, users = [] }: SippRun): Promise<Finished> {
  const fields = join(folder, `${scenario}.csv`);
  const lines = users.map(([name, password]) => `${name};[authentication username=${name} password=${password}]`);
  writeFileSync(fields, ['SEQUENTIAL', ...lines, ''].join('\n'));
  const load = ['-m', `${calls}`, '-r', `${perSecond}`, '-l', '50', '-max_socket', '200'];
  const what = ['-sf', join(SCENARIOS, `${scenario}.xml`), ...(users.length > 0 ? ['-inf', fields] : [])];
  const how = ['-t', 'tn', '-i', '127.0.0.1', '-nostdin', '-timeout', '20', '-timeout_error', '-recv_timeout', '8000'];
  // else it signs for the address it connects to, which is not what it asks for
  const signed = ['-auth_uri', users.length > 0 ? 'example.test' : 'bob@example.test'];
  const errors = ['-trace_err', '-error_file', join(folder, `${scenario}.errors`)];
  return run('sipp', [`127.0.0.1:${port}`, ...what, ...load, ...how, ...signed, ...errors], 40_000);
}
