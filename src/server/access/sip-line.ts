import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Flow, SipTransport } from '../../sip/index.ts';
import { isLoopbackIp, parseIp, type SipArrival, type TransportAddress } from '../../wire/index.ts';

/** A connection that carries SIP, whatever it is made of. */
export interface SipLine {
  send(bytes: Uint8Array): void;
  /** Closes it after what has been sent. */
  end(): void;
}

/** What happens on one. After `onEnd` nothing does. */
export interface SipLineEvents {
  onArrival(arrival: SipArrival): void;
  onEnd(): void;
}

export interface SipLineLimits {
  /** A first message, and the end of each that has begun, must have come after this long. */
  readonly messageMillis: number;
  /** Nothing at all for this long: it is dead. */
  readonly idleMillis: number;
  /** Bytes waiting for one that does not read. */
  readonly buffer: number;
}

export interface SipListenerSettings {
  readonly transport: Exclude<SipTransport, 'UDP'>;
  readonly address: TransportAddress;
  /** Of a socket that listens there already. */
  readonly descriptor?: number | undefined;
  readonly limits: SipLineLimits;
  /** Pages besides our own that may open a WebSocket, by `Origin`; undefined: all. Clients that are no browsers name none. */
  readonly origins?: readonly string[];
  /** Answers what is no WebSocket. It listens nowhere. */
  readonly web?: HttpServer;
}

/** Takes a line that has been opened, and says what is done with what it brings. */
export type OnLine = (line: (events: SipLineEvents) => SipLine, remote: Flow['remote']) => void;

/** Whence a connection comes. Who comes to an address from that same address is on this machine. */
export function remoteOf({ remoteAddress = '', remotePort = 0, localAddress }: Socket): Flow['remote'] {
  const ip = parseIp(remoteAddress);
  const isHere = remoteAddress === localAddress || (ip !== undefined && isLoopbackIp(ip));
  return { host: remoteAddress.replace(/^::ffff:/, ''), port: remotePort, isHere };
}
