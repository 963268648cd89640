import {
  newUsersText,
  readUsersText,
  SipUsers,
  textWithUser,
  type UsersDocument,
} from '../../src/credentials/sip/index.ts';
import { AccessEdge, type AccessWay } from '../../src/server/access/access-edge.ts';
import { accessQuestions } from '../../src/server/access/access-questions.ts';
import { MrasService, type SipSettings } from '../../src/sip/index.ts';
import { parseIp, withPort } from '../../src/wire/index.ts';
import { certificateFor } from './certificates.ts';
import { freeTcpPort } from './free-ports.ts';

export interface AccessBench {
  readonly edge: AccessEdge;
  readonly ports: readonly number[];
  /** In PEM: what clients are to trust. */
  readonly certificate: string;
  /** What was refused, by reason. */
  readonly refused: string[];
  readonly registrations: string[];
}

export interface AccessBenchOptions {
  readonly transports: readonly AccessWay['transport'][];
  /** The name clients reach the edge by. */
  readonly name?: string;
  readonly domain?: string;
  readonly mrasUri?: string;
  readonly messageMillis?: number;
  readonly origins?: readonly string[];
}

const DIGEST = {
  nonceLifetimeSeconds: 300,
  lockout: { tries: 3, triesPerAddress: 30, seconds: 60 },
  allowsPlainMd5: false,
};
const REGISTRAR = {
  expiresSeconds: { default: 3600, least: 60, most: 7200 },
  bindingsPerUser: 10,
  bindings: 1000,
  flowTimerSeconds: 120,
};

/** An Access Edge on loopback with the users alice and bob, whose passwords are `alice-password` and `bob-password`. */
export async function openAccessBench(options: AccessBenchOptions): Promise<AccessBench> {
  const {
    transports,
    name = 'edge.example.test',
    domain = 'example.test',
    mrasUri,
    messageMillis = 10_000,
    origins,
  } = options;
  const limits = { messageMillis, idleMillis: 60_000, buffer: 65_536 };
  const ways: AccessWay[] = [];
  for (const transport of transports) {
    const address = withPort(parseIp('127.0.0.1')!, await freeTcpPort());
    ways.push({ transport, address, limits, side: 'external', name, ...(origins === undefined ? {} : { origins }) });
  }
  const pem = await certificateFor('edge.example.test');
  const known = usersOf(domain, ['alice', 'bob']);
  const mras = mrasUri === undefined ? {} : { mras: mrasFor(mrasUri) };
  const refused: string[] = [];
  const registrations: string[] = [];
  const edge = new AccessEdge(
    {
      sip: settingsFor(domain),
      ways,
      connections: { connections: 20, connectionsPerSourcePrefix: 20, handshakesPerSourcePrefix: 20 },
      hops: { connectMillis: 1000, limits },
    },
    accessQuestions({ users: () => known, hosts: [name], ...mras }),
    {
      onRefusal: reason => refused.push(reason),
      onConnectionRefused: ({ why, ...more }) => refused.push('detail' in more ? `${why} ${more.detail}` : why),
      onPartner: () => {},
      onRegistration: (change, record) => registrations.push(`${change} ${record}`),
    },
  );
  const ports = await edge.listen({ pem });
  return { edge, ports, certificate: pem.certificate, refused, registrations };
}

function settingsFor(domain: string): SipSettings {
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const digest = { ...DIGEST, realm: domain, key: randomBytes(32) };
  return {
    digest,
    registrar: REGISTRAR,
    transactions: 1000,
    transactionsPerFlow: { stranger: 16, user: 500 },
    waitingPerHop: 10,
    routeKey: randomBytes(32),
    randomBytes,
  };
}

function mrasFor(uri: string): MrasService {
  return new MrasService(
    { uri, realm: 'rtcmedia' },
    {
      mint: (_record, _location, durationMinutes) => ({ username: 'dXNlcg==', password: 'cGFzcw==', durationMinutes }),
      relays: () => [{ location: 'internet', host: { name: 'av.example.test' }, udpPort: 3478, tcpPort: 443 }],
    },
  );
}

function usersOf(domain: string, names: readonly string[]): SipUsers {
  const text = names.reduce(
    (before, name) => textWithUser(read(before), { name, password: `${name}-password` }),
    newUsersText(domain),
  );
  return new SipUsers(read(text).file);
}

function read(text: string): UsersDocument {
  const document = readUsersText(text);
  if ('file' in document) return document;
  throw new Error(JSON.stringify(document));
}
