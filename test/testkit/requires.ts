import { accessSync, constants } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';

/** Something a test cannot do without: a program in PATH by its name, or a named condition. */
export type Need = string | { readonly name: string; readonly isMet: () => boolean };

/** The part of vitest's test context that is used here. */
export interface Skippable {
  skip(note?: string): never;
}

/**
 * Skips the test, saying what is missing. Where `SALLYPORT_NO_SKIPS=1` (as in `.ci/run`) it fails instead, so that a check that
 * means to be complete cannot be silently incomplete. Call it first in a test, or in `beforeEach(ctx => requires(ctx, ...))`.
 */
export function requires(context: Skippable, ...needs: readonly Need[]): void {
  const missing = needs.filter(need => !isMet(need)).map(need => (typeof need === 'string' ? need : need.name));
  if (missing.length === 0) return;
  const reason = `needs ${missing.join(' and ')}`;
  if (process.env.SALLYPORT_NO_SKIPS === '1') throw new Error(`${reason}, and SALLYPORT_NO_SKIPS=1 allows no skip`);
  context.skip(reason);
}

/** For what a suite sets up before its tests can be skipped. */
export function isMet(need: Need): boolean {
  return typeof need === 'string' ? pathOf(need) !== undefined : need.isMet();
}

export const ipv6Loopback: Need = {
  name: 'IPv6 on loopback',
  isMet: () =>
    Object.values(networkInterfaces()).some(addresses => addresses?.some(({ address }) => address === '::1')),
};

/** Where a program lies, searched as a shell would, and in the system directories a user's PATH may lack. */
export function pathOf(program: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.map(directory => join(directory, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
