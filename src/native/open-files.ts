import { RLIMIT_NOFILE } from './constants.ts';
import { type Libc, must } from './libc.ts';

// struct rlimit: what counts | how far it can be raised without privileges.
const limit = new BigUint64Array(2);

/** How many files and sockets this process may have open, after raising it as far as it goes, but not beyond `wanted`. */
export function raiseOpenFiles(libc: Libc, wanted: number): number {
  must(libc, 'getrlimit', libc.getrlimit(RLIMIT_NOFILE, limit));
  const [now, most] = limit as unknown as [bigint, bigint];
  if (now >= BigInt(wanted)) return asNumber(now);
  // A hard limit is raised with privileges only; whoever has them gets what is wanted.
  limit[0] = BigInt(wanted);
  limit[1] = most > BigInt(wanted) ? most : BigInt(wanted);
  if (libc.setrlimit(RLIMIT_NOFILE, limit) === 0) return wanted;
  limit[0] = most;
  limit[1] = most;
  return libc.setrlimit(RLIMIT_NOFILE, limit) === 0 ? asNumber(most) : asNumber(now);
}

function asNumber(count: bigint): number {
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}
