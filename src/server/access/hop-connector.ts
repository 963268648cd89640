import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Flow, FlowSide, NextHop } from '../../sip/index.ts';
import { SipConnection } from './sip-connection.ts';
import type { SipLine, SipLineEvents, SipLineLimits } from './sip-line.ts';

export interface HopTrust {
  /** Our own certificate, for servers that ask, and the authorities theirs is checked with. */
  readonly context?: SecureContext;
  /** Where we listen for the same side: a server that has lost the connection opens another one there. */
  readonly reachedAt?: Partial<Record<FlowSide, Flow['local']>>;
  readonly connectMillis: number;
  readonly limits: SipLineLimits;
}

export interface HopEvents {
  opened(hop: NextHop, local: Flow['local'], line: (events: SipLineEvents) => SipLine): void;
  failed(hop: NextHop): void;
}

/** Opens connections to next hops. A TLS one whose certificate does not name the host is none. */
export class HopConnector {
  readonly #trust: HopTrust;
  readonly #events: HopEvents;
  readonly #sockets = new Set<Socket>();
  #context: SecureContext | undefined;

  constructor(trust: HopTrust, events: HopEvents) {
    this.#trust = trust;
    this.#events = events;
    this.#context = trust.context;
  }

  renewContext(context: SecureContext): void {
    this.#context = context;
  }

  connect(hop: NextHop): void {
    const socket =
      hop.transport === 'TLS' ? this.#tls(hop) : connect({ host: hop.host, port: hop.port, noDelay: true });
    const late = setTimeout(() => socket.destroy(), this.#trust.connectMillis);
    let isOpen = false;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(late);
      this.#sockets.delete(socket);
      if (!isOpen) this.#events.failed(hop);
    });
    socket.once(hop.transport === 'TLS' ? 'secureConnect' : 'connect', () => {
      isOpen = true;
      clearTimeout(late);
      const local = this.#trust.reachedAt?.[hop.side] ?? localOf(socket);
      this.#events.opened(hop, local, events => new SipConnection(socket, this.#trust.limits, events));
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #tls({ host, port }: NextHop): Socket {
    const context = this.#context;
    const name = /^[0-9.]+$|:/.test(host) ? {} : { servername: host };
    return connectTls({ host, port, ...name, ...(context === undefined ? {} : { secureContext: context }) });
  }
}

function localOf({ localAddress = '', localPort = 0 }: Socket): Flow['local'] {
  return { host: localAddress.includes(':') ? `[${localAddress}]` : localAddress, port: localPort };
}
