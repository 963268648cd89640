import { type ConfigInput, createEdge, type Edge } from '../../src/index.ts';
import { overUdp, type TestPath, TurnTestClient } from './turn-client.ts';
import type { ClientCredential } from './turn-talker.ts';

/** What a test wants different from an edge on 127.0.0.1 with one UDP port, two users and peers on loopback. */
export type EdgeDifferences = Partial<Omit<ConfigInput, 'external'>> & { external?: Partial<ConfigInput['external']> };

export const USERS = { alice: 'wonderland', bob: 'builder', carol: 'christmas' } as const;

/** Edges and clients of a test, all closed when it ends: `afterEach(() => edges.close())`. */
export class Edges {
  readonly #edges: Edge[] = [];
  readonly #clients: TurnTestClient[] = [];

  async start({ external, ...others }: EdgeDifferences = {}): Promise<Edge> {
    const edge = await createEdge({
      credentials: { users: USERS },
      ...others,
      external: { address: '127.0.0.1', udp: 0, tcp: [], peers: { allow: ['127.0.0.0/8', '::1'] }, ...external },
    });
    this.#edges.push(edge);
    return edge;
  }

  /** A client of any edge, closed with the rest. */
  client(path: TestPath, credential: ClientCredential = as('alice')): TurnTestClient {
    const client = new TurnTestClient(path, credential);
    this.#clients.push(client);
    return client;
  }

  /** A client over UDP on the edge's first port. `from` is any address of 127.0.0.0/8. */
  async udp(edge: Edge, user: keyof typeof USERS = 'alice', from = '127.0.0.1'): Promise<TurnTestClient> {
    return this.client(await overUdp(edge.ports.udp[0]!, '127.0.0.1', from), as(user));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map(client => client.close()));
    await Promise.all(this.#edges.splice(0).map(edge => edge.close()));
  }
}

export function as(user: keyof typeof USERS): ClientCredential {
  return { username: user, password: USERS[user] };
}

/** The value of one line of Prometheus text; 0 when there is no such line. */
export async function metricOf(edge: Edge, line: string): Promise<number> {
  const found = (await edge.metrics()).split('\n').find(text => text.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
}
