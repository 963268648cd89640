import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** A build starts from nothing, so that no file of an earlier one is published. */
rmSync(join(import.meta.dirname, '..', 'dist'), { recursive: true, force: true });
