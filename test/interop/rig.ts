import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { type ConfigInput, createEdge } from '../../src/index.ts';

/** An edge on loopback with its call page, as a person starts it. */
export interface Rig {
  /** The call page, with the token in the fragment. */
  readonly pageUrl: string;
  /** SHA-256 of the public key that TLS clients see, in the form browsers take for trusting exactly that key. */
  readonly tlsKey: string;
  close(): Promise<void>;
}

/** What a test wants different from the configuration of the README. */
export interface RigDifferences {
  readonly peers?: ConfigInput['external']['peers'];
  readonly tcp?: ConfigInput['external']['tcp'];
  readonly limits?: ConfigInput['limits'];
}

export async function startRig({ peers, tcp, limits }: RigDifferences = {}): Promise<Rig> {
  const edge = await createEdge({
    realm: 'example.test',
    external: { address: '127.0.0.1', udp: 0, tcp: tcp ?? [0, 0], peers: peers ?? { allow: ['127.0.0.0/8'] } },
    credentials: { secrets: ['north-wind'] },
    admin: { address: '127.0.0.1', port: 0, token: 't0ken' },
    limits: limits ?? {},
  });
  const close = async () => void (await edge.close());
  try {
    if (edge.callPage === undefined) throw new Error('the call page is not built: npm run build:web');
    const port = edge.ports.tcp.at(-1);
    return { pageUrl: edge.callPage, tlsKey: port === undefined ? '' : await keyOf(port), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The certificate is made at start, so a client has to look at it first. */
async function keyOf(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
