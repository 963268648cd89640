import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { formatAddress, formatIp } from '../../wire/index.ts';
import type { Readiness } from '../self-test.ts';
import type { AccessEndpoint } from './access-service.ts';

const ANSWER_MILLIS = 2_000;
/** Who asks more often hears the same again. */
const FRESH_MILLIS = 1_000;

/** Whether clients get an answer at every port: a keep-alive (RFC 5626 §3.5.1) or a web request, from ourselves. */
export class OwnCheck {
  readonly #endpoints: () => readonly AccessEndpoint[];
  readonly #now: () => number;
  #last: { readonly at: number; readonly said: Promise<Readiness> } | undefined;

  constructor(endpoints: () => readonly AccessEndpoint[], now: () => number) {
    this.#endpoints = endpoints;
    this.#now = now;
  }

  readiness(): Promise<Readiness> {
    const now = this.#now();
    if (this.#last === undefined || now - this.#last.at > FRESH_MILLIS) this.#last = { at: now, said: this.#run() };
    return this.#last.said;
  }

  async #run(): Promise<Readiness> {
    const asked = this.#endpoints().map(async endpoint => [nameOf(endpoint), await tried(endpoint)] as const);
    const said = await Promise.all(asked);
    return { ready: said.length > 0 && said.every(([, how]) => how === 'ok'), checks: Object.fromEntries(said) };
  }
}

function nameOf({ transport, address }: AccessEndpoint): string {
  return `sip ${transport.toLowerCase()} ${formatAddress(address)}`;
}

function tried(endpoint: AccessEndpoint): Promise<string> {
  const socket = connected(endpoint);
  return new Promise(resolve => {
    const timer = setTimeout(() => end('no answer'), ANSWER_MILLIS);
    const end = (how: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(how);
    };
    socket.on('error', error => end(error.message));
    socket.once('close', () => end('the connection was closed'));
    socket.once('data', () => end('ok'));
    socket.write(endpoint.transport.startsWith('WS') ? 'GET /v1/access HTTP/1.1\r\nHost: self\r\n\r\n' : '\r\n\r\n');
  });
}

/** What certificate we present is for others to judge. */
function connected({ transport, address }: AccessEndpoint): Socket {
  const to = { host: formatIp(address), port: address.port };
  const isSecure = transport === 'TLS' || transport === 'WSS';
  return isSecure ? connectTls({ ...to, rejectUnauthorized: false }) : connectTcp(to);
}
