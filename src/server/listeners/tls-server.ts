import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Engine } from '../../dataplane/index.ts';
import { loadNative, TlsContext } from '../../native/index.ts';
import type { Certificate } from '../certificate.ts';
import type { Carrier } from './carrier.ts';
import { SealedSocket } from './sealed-socket.ts';

/** RFC 7443 §3 */
const PROTOCOLS = ['stun.turn', 'stun.nat-discovery'];

/** How TLS is spoken with clients that come. */
export interface TlsServer {
  /** `openssl` is called by ourselves; `node` is its TLSSocket. */
  readonly by: 'openssl' | 'node';
  /** Takes over a connection whose first bytes, which have been put back, are a ClientHello's. Emits `secure`, or `error`. */
  secure(raw: Socket): Carrier;
  /** It takes over no more connections; those that it has go on. */
  retire(): void;
}

/** The batched engine calls OpenSSL as it calls the kernel; the portable one leaves both to node (ADR 0021). */
export function tlsServerOf({ pem, context }: Certificate, engine: Engine['name']): TlsServer {
  const native = engine === 'mmsg' ? loadNative() : 'not asked for';
  if (typeof native !== 'string' && native.openSsl !== undefined) {
    const own = new TlsContext(native, { ...pem, protocols: PROTOCOLS });
    return { by: 'openssl', secure: raw => new SealedSocket(raw, own), retire: () => own.free() };
  }
  return {
    by: 'node',
    secure: raw => new TLSSocket(raw, { isServer: true, secureContext: context, ALPNProtocols: PROTOCOLS }),
    retire() {},
  };
}
