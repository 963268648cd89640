import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { OperatorError } from '../control/index.ts';
import { newUsersText, readUsersText, type UsersDocument } from '../credentials/sip/index.ts';

const NAME_ANOTHER = 'name a file that this user may read and write with --file';

/** The file of SIP users; an OperatorError lists everything that is wrong with it. */
export function readUsersFile(path: string, remedy = NAME_ANOTHER): UsersDocument {
  return usersFrom(textOf(path, remedy), path);
}

/** The same, or a new one for this domain when there is none yet. */
export function readOrMakeUsersFile(path: string, domain: string | undefined): UsersDocument {
  if (existsSync(path)) return readUsersFile(path);
  if (domain !== undefined) return usersFrom(newUsersText(domain), '--domain');
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `there is no ${path} yet, and users belong to a domain`,
    'name the domain for the first user: sallyport users add NAME --domain example.com',
  );
}

/** In one step, so that a running edge reads the old file or the new one; readable by its owner alone unless it was otherwise. */
export function writeUsersFile(path: string, text: string): void {
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : 0o600;
  const beside = `${path}.new`;
  try {
    writeFileSync(beside, text, { mode });
    renameSync(beside, path);
  } catch (cause) {
    throw unreadable(path, "can't be written", cause, NAME_ANOTHER);
  }
}

function usersFrom(text: string, name: string): UsersDocument {
  const read = readUsersText(text);
  if ('file' in read) return read;
  throw new OperatorError(
    'SALLYPORT_USERS_INVALID',
    read.map(({ line, what }) => `${name}:${line} ${what}`).join('\n'),
    'let `sallyport users` write the file, or mend it by hand',
  );
}

function textOf(path: string, remedy: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, "can't be read", cause, remedy);
  }
}

function unreadable(path: string, what: string, cause: unknown, remedy: string): OperatorError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new OperatorError('SALLYPORT_USERS_UNREADABLE', `${path} ${what} (${why})`, remedy);
}
