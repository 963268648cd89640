import { createSocket } from 'node:dgram';
import { createConnection, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  rootCertificates,
  type TLSSocket,
} from 'node:tls';
import type { Outcome, TlsFacts, Transport } from '../../topology/doctor/index.ts';
import { familyOf, formatIp, type IpAddress, parseIp, type TransportAddress, withPort } from '../../wire/index.ts';

/** A way to a listener: datagrams as they are, or the bytes of a stream as they come. */
export interface Line {
  readonly isStream: boolean;
  readonly local: TransportAddress;
  readonly tls: TlsFacts | undefined;
  send(bytes: Uint8Array): void;
  onBytes: (bytes: Uint8Array) => void;
  /** The other end, or somebody on the way, said that nothing is there. */
  onTrouble: (outcome: Outcome) => void;
  close(): void;
}

export interface LineOptions {
  /** An address of ours to come from. */
  readonly from?: IpAddress | undefined;
  /** The name that clients use, for TLS. */
  readonly name?: string | undefined;
  /** PEM texts of authorities to trust besides the public ones. */
  readonly authorities?: readonly string[] | undefined;
  readonly waitMillis?: number | undefined;
}

export type NoLine = Exclude<Outcome, 'answered'>;

const CONNECT_MILLIS = 4_000;

export function openLine(
  transport: Transport,
  to: TransportAddress,
  options: LineOptions = {},
): Promise<Line | NoLine> {
  return transport === 'udp' ? openUdp(to, options) : openStream(transport === 'tls', to, options);
}

/** Connected, so that the system tells of refusals and picks our address. */
async function openUdp(to: TransportAddress, { from }: LineOptions): Promise<Line | NoLine> {
  const socket = createSocket(familyOf(to) === 4 ? 'udp4' : 'udp6');
  const failed = await new Promise<NodeJS.ErrnoException | undefined>(resolve => {
    socket.once('error', resolve);
    const connect = () => socket.connect(to.port, formatIp(to), (error?: Error) => resolve(error));
    if (from === undefined) connect();
    else socket.bind(0, formatIp(from), connect);
  });
  if (failed !== undefined) {
    socket.close();
    return outcomeOf(failed);
  }
  const { address, port } = socket.address();
  const line: Line = {
    isStream: false,
    local: withPort(parseIp(address)!, port),
    tls: undefined,
    send: bytes => socket.send(bytes, error => error && line.onTrouble(outcomeOf(error))),
    onBytes: () => {},
    onTrouble: () => {},
    close: () => socket.close(),
  };
  socket.removeAllListeners('error');
  socket.on('error', error => line.onTrouble(outcomeOf(error)));
  socket.on('message', bytes => line.onBytes(bytes));
  return line;
}

async function openStream(isTls: boolean, to: TransportAddress, options: LineOptions): Promise<Line | NoLine> {
  const { from, name, waitMillis = CONNECT_MILLIS } = options;
  const at = { host: formatIp(to), port: to.port, ...(from && { localAddress: formatIp(from) }) };
  const authorities = options.authorities ?? [];
  const socket: Socket | TLSSocket = isTls
    ? connectTls({
        ...at,
        ...(name !== undefined && isIP(name) === 0 ? { servername: name } : {}),
        // Whatever is shown is looked at; what is wrong with it is a finding.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ...(authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {}),
      })
    : createConnection(at);
  const failed = await new Promise<NoLine | undefined>(resolve => {
    const timer = setTimeout(() => resolve('silent'), waitMillis);
    const settle = (outcome: NoLine | undefined) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    socket.once(isTls ? 'secureConnect' : 'connect', () => settle(undefined));
    socket.once('error', error => settle(outcomeOf(error)));
    socket.once('close', () => settle('garbled'));
  });
  socket.on('error', () => {});
  if (failed !== undefined) {
    socket.destroy();
    return failed;
  }
  return streamLine(socket, to, 'authorized' in socket ? tlsFacts(socket, to, name) : undefined);
}

function streamLine(socket: Socket, to: TransportAddress, tls: TlsFacts | undefined): Line {
  socket.setNoDelay(true);
  const local = withPort(parseIp(socket.localAddress ?? '') ?? to, socket.localPort ?? 0);
  const line: Line = {
    isStream: true,
    local,
    tls,
    send: bytes => void socket.write(bytes),
    onBytes: () => {},
    onTrouble: () => {},
    close: () => socket.destroy(),
  };
  socket.on('data', bytes => line.onBytes(bytes));
  socket.on('close', () => line.onTrouble('garbled'));
  return line;
}

function tlsFacts(socket: TLSSocket, to: TransportAddress, name: string | undefined): TlsFacts {
  const certificate = socket.getPeerCertificate();
  const wanted = name ?? formatIp(to);
  const matches = checkServerIdentity(wanted, certificate) === undefined;
  const names = namesOf(certificate);
  return {
    name,
    chainError: socket.authorized ? undefined : codeOf(socket.authorizationError),
    names,
    // Without a name to ask for, a certificate for names says nothing about an address.
    matches: matches || (name === undefined && names.some(each => isIP(each) === 0)),
    notBefore: Date.parse(certificate.valid_from),
    notAfter: Date.parse(certificate.valid_to),
  };
}

/** The alternative names, DNS names first. */
export function namesOf({ subjectaltname = '' }: Pick<PeerCertificate, 'subjectaltname'>): string[] {
  const all = subjectaltname.split(', ').map(part => /^(DNS|IP Address):(.*)$/.exec(part));
  const of = (kind: string) => all.flatMap(found => (found?.[1] === kind ? [found[2]!] : []));
  return [...of('DNS'), ...of('IP Address')].slice(0, 32);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

export function outcomeOf(error: Error): NoLine {
  switch ('code' in error ? error.code : undefined) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
    case 'EMSGSIZE':
      return 'silent';
    case 'ECONNRESET':
    case 'EPROTO':
    case 'EPIPE':
      return 'garbled';
    default:
      return String((error as NodeJS.ErrnoException).code).startsWith('ERR_SSL') ? 'garbled' : 'unreachable';
  }
}
