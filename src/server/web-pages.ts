import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Built by `npm run build:web`. The same path from `src/server` and from `dist/server`. */
const PAGES = fileURLToPath(new URL('../../dist/web', import.meta.url));

/** The folder of the web pages, when they are built. */
export function webPages(): string | undefined {
  return existsSync(PAGES) ? PAGES : undefined;
}
