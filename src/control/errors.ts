/** Every mistake of an operator that stops sallyport. Codes are stable; docs/errors.md explains each. */
export const OPERATOR_ERROR_CODES = [
  'SALLYPORT_CONFIG_UNREADABLE',
  'SALLYPORT_CONFIG_INVALID',
  'SALLYPORT_SECRET_MISSING',
  'SALLYPORT_NO_SECRET',
  'SALLYPORT_PORT_TAKEN',
  'SALLYPORT_PORT_FORBIDDEN',
  'SALLYPORT_ADDRESS_NOT_HERE',
  'SALLYPORT_DEVICE_NOT_HERE',
  'SALLYPORT_LISTEN_FAILED',
  'SALLYPORT_NO_ENGINE',
  'SALLYPORT_TOO_FEW_FILES',
  'SALLYPORT_TLS_UNREADABLE',
  'SALLYPORT_TLS_MISMATCH',
  'SALLYPORT_FIREWALL_FORMAT',
  'SALLYPORT_FIREWALL_UNREADABLE',
  'SALLYPORT_USAGE',
] as const;
export type OperatorErrorCode = (typeof OPERATOR_ERROR_CODES)[number];

/** The operator's mistake: what is wrong, under a stable code, and what to do about it. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: OperatorErrorCode;
  readonly remedy: string;

  constructor(code: OperatorErrorCode, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * A listener that could not be opened, as the operator should read it. `what` is such as `UDP listener`; `owner` is the program
 * that holds the port, when known.
 */
export function listenError(
  cause: unknown,
  what: string,
  address: string,
  port: number,
  owner?: string,
): OperatorError {
  const at = `${address} port ${port}`;
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  switch (errno) {
    case 'EADDRINUSE':
      return new OperatorError(
        'SALLYPORT_PORT_TAKEN',
        `${what}: ${at} is taken by ${owner ?? 'another program'}`,
        takenRemedy(what, port),
      );
    case 'EACCES':
    case 'EPERM':
      return new OperatorError('SALLYPORT_PORT_FORBIDDEN', `${what}: not allowed to open ${at}`, forbiddenRemedy(port));
    case 'EADDRNOTAVAIL':
      return new OperatorError(
        'SALLYPORT_ADDRESS_NOT_HERE',
        `${what}: ${address} is no address of this machine`,
        'name an address that `ip address` lists',
      );
    case 'ENODEV':
      return new OperatorError(
        'SALLYPORT_DEVICE_NOT_HERE',
        `${what}: the network interface that ${at} is to be bound to does not exist`,
        'name an interface that `ip link` lists in external.device or internal.device',
      );
    default:
      return new OperatorError(
        'SALLYPORT_LISTEN_FAILED',
        `${what}: ${at} can't be opened (${errno})`,
        'see docs/errors.md',
      );
  }
}

function takenRemedy(what: string, port: number): string {
  return `find its owner with \`ss -${what.startsWith('UDP') ? 'u' : 't'}lnp 'sport = :${port}'\`, or configure another port`;
}

function forbiddenRemedy(port: number): string {
  if (port >= 1024 || port === 0)
    return 'check the security policy of this machine (SELinux, seccomp, container settings)';
  return `ports below 1024 need CAP_NET_BIND_SERVICE: grant it, or configure a port above 1023 instead of ${port}`;
}
