import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { run } from '../../testkit/program.ts';
import { type Need, pathOf } from '../../testkit/requires.ts';

const SOURCE = fileURLToPath(new URL('two-agents.c', import.meta.url));

export const LIBNICE: Need = {
  name: 'libnice-dev',
  isMet: () => pathOf('pkg-config') !== undefined && flags('--exists') !== undefined,
};

export interface Talk {
  readonly dialect: 'oc2007r2' | 'oc2007' | 'rfc5245';
  /** `tls` is pseudo-TLS in the Microsoft modes. */
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Two agents of libnice, built once, who talk through their relays. */
export class Agents {
  readonly #folder = mkdtempSync(join(tmpdir(), 'libnice-'));
  #program: string | undefined;

  async talk({ dialect, transport, port, user, password }: Talk): Promise<void> {
    this.#program ??= this.#built();
    const { status, output } = await run(this.#program, [dialect, transport, `${port}`, user, password], 30_000);
    expect(status, output).toBe(0);
    expect(output).toContain('both heard');
    expect(output).not.toContain('something else');
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #built(): string {
    const program = join(this.#folder, 'two-agents');
    const all = `${flags('--cflags')} ${flags('--libs')}`.split(/\s+/).filter(flag => flag !== '');
    execFileSync('gcc', ['-O1', SOURCE, '-o', program, ...all], { stdio: 'pipe' });
    return program;
  }
}

function flags(option: string): string | undefined {
  try {
    return execFileSync('pkg-config', [option, 'nice', 'glib-2.0'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}
