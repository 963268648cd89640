import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder in which node keeps what it has compiled of a worker's code, so that the next one starts in half the time. Made anew and for
 * us alone: whoever can write there decides what workers run. Undefined where there is no place for one.
 */
export class CodeCache {
  readonly folder: string | undefined;

  constructor(parent: string = tmpdir()) {
    try {
      this.folder = mkdtempSync(join(parent, 'sallyport-code-'));
    } catch {
      this.folder = undefined; // a read-only system: workers start as they would without
    }
  }

  /** What a worker's environment is to have more; nothing when the operator has a place of his own for it. */
  get environment(): Readonly<Record<string, string>> {
    const isChosen = process.env.NODE_COMPILE_CACHE !== undefined;
    return this.folder === undefined || isChosen ? {} : { NODE_COMPILE_CACHE: this.folder };
  }

  remove(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}
