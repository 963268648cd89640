export const EPERM = 1;
export const EINTR = 4;
export const EIO = 5;
export const EAGAIN = 11;
export const EACCES = 13;
export const EINVAL = 22;
export const EMFILE = 24;
export const EMSGSIZE = 90;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETUNREACH = 101;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;

/** Errors by number, as Linux has them on x86-64 and arm64. Others are shown by number. */
const NAMES: Readonly<Record<number, string>> = {
  [EPERM]: 'EPERM',
  2: 'ENOENT',
  [EINTR]: 'EINTR',
  [EIO]: 'EIO',
  9: 'EBADF',
  [EAGAIN]: 'EAGAIN',
  12: 'ENOMEM',
  [EACCES]: 'EACCES',
  14: 'EFAULT',
  [EINVAL]: 'EINVAL',
  19: 'ENODEV',
  23: 'ENFILE',
  [EMFILE]: 'EMFILE',
  38: 'ENOSYS',
  [EMSGSIZE]: 'EMSGSIZE',
  92: 'ENOPROTOOPT',
  93: 'EPROTONOSUPPORT',
  95: 'EOPNOTSUPP',
  97: 'EAFNOSUPPORT',
  [EADDRINUSE]: 'EADDRINUSE',
  [EADDRNOTAVAIL]: 'EADDRNOTAVAIL',
  100: 'ENETDOWN',
  [ENETUNREACH]: 'ENETUNREACH',
  [ENOBUFS]: 'ENOBUFS',
  110: 'ETIMEDOUT',
  [ECONNREFUSED]: 'ECONNREFUSED',
  112: 'EHOSTDOWN',
  [EHOSTUNREACH]: 'EHOSTUNREACH',
};

export function errnoName(errno: number): string {
  return NAMES[errno] ?? `errno ${errno}`;
}

/** A system call's refusal, in the form of node's own errors. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number) {
    super(`${syscall} ${errnoName(errno)}`);
    this.code = errnoName(errno);
    this.errno = errno;
    this.syscall = syscall;
  }
}
