import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { OperatorError } from '../control/index.ts';
import {
  hashesOf,
  readUsersText,
  SipUsers,
  textWithoutUser,
  textWithUser,
  type UserAlgorithm,
  type UserSide,
} from '../credentials/sip/index.ts';
import { readOrMakeUsersFile, readUsersFile, writeUsersFile } from '../server/index.ts';

const DEFAULT_FILE = 'users.yaml';

const EXAMPLES = `
Examples:
  sallyport users add alice --domain example.test        makes users.yaml, and a password, which is printed once
  sallyport users add bob --password file:bob.password   env:NAME, file:PATH, or - for standard input
  sallyport users add carol --alias sip:office@example.test --side internal
  sallyport users list
  sallyport users check                                  what is wrong with the file: line and key
  sallyport users check bob --password file:bob.password whether this is his password
  sallyport users remove carol

A running edge reads the file when it changes: who is removed, or has a new password, is signed out.
The file holds no passwords but what digests are made of, which signs in as well: it is readable by its owner only.
`;

interface FileOption {
  readonly file: string;
}

interface AddOptions extends FileOption {
  readonly domain?: string;
  readonly password?: string;
  readonly alias: readonly string[];
  readonly side: UserSide;
  readonly sha256?: boolean;
}

export function usersCommand(): Command {
  const command = new Command('users').description('the users who may sign in over SIP: add, list, remove, check');
  const sub = (name: string, description: string) =>
    command.command(name).description(description).option('-f, --file <file>', 'the file of users', DEFAULT_FILE);
  sub('add', 'add a user, or give one a new password')
    .argument('<name>', 'the part before the at sign')
    .option('-d, --domain <domain>', 'for the first user: the domain of all of them')
    .option('-p, --password <source>', 'env:NAME, file:PATH, or - for standard input; without it one is made')
    .option(
      '-a, --alias <address>',
      'another address of the same user; may be given again',
      (one, all: string[]) => [...all, one],
      [],
    )
    .addOption(
      new Option('-s, --side <side>', 'where he may sign in from')
        .choices(['any', 'external', 'internal'])
        .default('any'),
    )
    .option('--sha256', 'ask for SHA-256 instead of MD5: baresip, JsSIP and pidgin-sipe cannot')
    .action(add);
  sub('list', 'list the users').option('--json', 'as JSON').action(list);
  sub('remove', 'remove a user').argument('<name>').action(remove);
  sub('check', 'check the file, or the password of a user')
    .argument('[name]')
    .option('-p, --password <source>', 'env:NAME, file:PATH, or - for standard input')
    .action(check);
  return command.addHelpText('after', EXAMPLES);
}

function add(name: string, { file, domain, password: source, alias, side, sha256 }: AddOptions): void {
  const document = readOrMakeUsersFile(file, domain);
  if (domain !== undefined && domain !== document.file.domain)
    throw usage(`the users of ${file} belong to ${document.file.domain}`, 'one file has the users of one domain');
  const password = source === undefined ? randomBytes(12).toString('base64url') : passwordFrom(source);
  const algorithm: UserAlgorithm = sha256 === true ? 'SHA-256' : 'MD5';
  const isNew = !(name in document.file.users);
  const text = textWithUser(document, { name, password, side, aliases: alias, algorithm });
  const problems = readUsersText(text);
  if (!('file' in problems)) throw usage(problems.map(({ what }) => what).join('\n'), 'see sallyport users add --help');
  writeUsersFile(file, text);
  console.log(`${isNew ? 'added' : 'changed'} sip:${name}@${document.file.domain} in ${file}`);
  if (source === undefined) console.log(`password: ${password}`);
}

function list({ file, json }: FileOption & { readonly json?: boolean }): void {
  const { domain, users } = readUsersFile(file).file;
  const rows = Object.entries(users).map(([name, { side, aliases, algorithm }]) => ({
    address: `sip:${name}@${domain}`,
    side,
    algorithm,
    aliases,
  }));
  if (json) console.log(JSON.stringify(rows, null, 2));
  else
    for (const { address, side, algorithm, aliases } of rows)
      console.log([address, side, algorithm, ...aliases].join('  '));
}

function remove(name: string, { file }: FileOption): void {
  const document = readUsersFile(file);
  requireUser(document.file.users, name, file);
  writeUsersFile(file, textWithoutUser(document, name));
  console.log(`removed sip:${name}@${document.file.domain} from ${file}`);
}

/** Without a name it says nothing when all is well, as `config check` does. */
function check(name: string | undefined, { file, password }: FileOption & { readonly password?: string }): void {
  const { domain, users } = readUsersFile(file).file;
  if (name === undefined) return;
  requireUser(users, name, file);
  if (password === undefined) throw usage('which password?', 'name it with --password env:NAME, file:PATH or -');
  const right =
    new SipUsers({ domain, users }).secret(name, 'SHA-256')?.ha1 ===
    hashesOf(name, domain, passwordFrom(password))['SHA-256'][0];
  console.log(right ? `right: this signs in as sip:${name}@${domain}` : 'wrong password');
  if (!right) process.exitCode = 1;
}

function requireUser(users: object, name: string, file: string): void {
  if (!Object.hasOwn(users, name)) throw usage(`there is no user ${name} in ${file}`, 'sallyport users list');
}

/** Never the password itself: every process of the machine may read our arguments. */
function passwordFrom(source: string): string {
  const text = source === '-' ? read('/dev/stdin', 'standard input') : fromNamed(source);
  const password = text.replace(/\r?\n$/, '');
  if (password !== '') return password;
  throw usage('the password is empty', 'put it where --password says');
}

function fromNamed(source: string): string {
  if (source.startsWith('env:')) return process.env[source.slice(4)] ?? '';
  if (source.startsWith('file:')) return read(source.slice(5), source.slice(5));
  throw usage(
    'a password on the command line is no secret',
    'write --password env:NAME, --password file:PATH or --password -',
  );
}

function read(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw usage(`${name} can't be read`, 'name a file with the password in it, and nothing else');
  }
}

function usage(message: string, remedy: string): OperatorError {
  return new OperatorError('SALLYPORT_USAGE', message, remedy);
}
