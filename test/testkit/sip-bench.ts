import { digestResponse } from '../../src/sip/digest/algorithm.ts';
import {
  type AuthenticRequest,
  type DigestAlgorithm,
  digestHa1,
  type Flow,
  type FlowId,
  type LocalAnswer,
  type NextHop,
  type SipEffect,
  SipServer,
  type SipSettings,
  type SipUser,
} from '../../src/sip/index.ts';
import { readAuth, type SipArrival, type SipRequest, type SipResponse, type SipUri } from '../../src/wire/index.ts';
import { answered, type Headers, sipFlow, sipRequest } from './sip-messages.ts';

const REALM = 'example.test';

export interface SipBenchOptions {
  readonly settings?: Partial<SipSettings>;
  readonly aliases?: Readonly<Record<string, string>>;
  readonly nextHop?: (uri: SipUri, from: Flow) => NextHop | undefined;
  readonly serve?: (request: AuthenticRequest) => LocalAnswer | undefined;
  readonly speaksFor?: (flow: Flow, domain: string) => boolean;
}

/** A SipServer with the users alice, bob and carol, whose passwords are `alice-password` and so on, and a clock of its own. */
export class SipBench {
  now = 0;
  readonly server: SipServer;
  readonly users: Map<string, SipUser>;
  #random = 0;
  #numbers = 0;

  constructor({ settings, aliases = {}, nextHop, serve, speaksFor }: SipBenchOptions = {}) {
    this.users = new Map(['alice', 'bob', 'carol'].map(name => [name, userNamed(name, aliases[name])]));
    this.server = new SipServer(
      {
        digest: {
          realm: REALM,
          key: new Uint8Array(32).fill(1),
          nonceLifetimeSeconds: 300,
          lockout: { tries: 3, triesPerAddress: 30, seconds: 60 },
          allowsPlainMd5: false,
        },
        registrar: {
          expiresSeconds: { default: 3600, least: 60, most: 7200 },
          bindingsPerUser: 5,
          bindings: 1000,
          flowTimerSeconds: 120,
        },
        transactions: 1000,
        transactionsPerFlow: { stranger: 16, user: 100 },
        waitingPerHop: 2,
        routeKey: new Uint8Array(32).fill(2),
        randomBytes: length => Uint8Array.from({ length }, () => ++this.#random % 256),
        ...settings,
      },
      {
        user: record => [...this.users.values()].find(user => user.record === record || user.aliases.includes(record)),
        secret: (username, algorithm) => this.#secret(username, algorithm),
        isOurDomain: host => host === REALM,
        isOurHost: host => host === 'edge.example.test',
        serve: request => serve?.(request),
        registrationHeaders: () => [['Server', 'test/1.0']],
        nextHop: (uri, from) => nextHop?.(uri, from),
        speaksFor: (flow, domain) => speaksFor?.(flow, domain) ?? false,
      },
    );
  }

  open(id: number, more: Parameters<typeof sipFlow>[1] = {}): Flow {
    const flow = sipFlow(id, more);
    this.server.onFlowOpened(flow);
    return flow;
  }

  /** A message arrives by a flow. */
  hear(id: number, arrival: SipArrival): readonly SipEffect[] {
    return this.server.onArrival(id as FlowId, arrival, this.now);
  }

  close(id: number): readonly SipEffect[] {
    return this.server.onFlowClosed(id as FlowId, this.now);
  }

  /** Opens a flow and signs a user in on it. */
  signIn(
    id: number,
    name: string,
    more: { contact?: string; headers?: Headers; flow?: Parameters<typeof sipFlow>[1] } = {},
  ): SipResponse {
    this.open(id, more.flow);
    const contact = more.contact ?? `<sip:${name}@client${id}.invalid;transport=ws>`;
    return this.register(id, name, { Contact: contact, ...more.headers });
  }

  /** A REGISTER on an open flow, answering a challenge if there is one. */
  register(id: number, name: string, headers: Headers, password = `${name}-password`): SipResponse {
    const request = (more: Headers = {}) =>
      sipRequest('REGISTER', {
        uri: `sip:${REALM}`,
        headers: {
          Via: `SIP/2.0/TLS client.invalid;branch=z9hG4bKreg${++this.#numbers}`,
          From: `<sip:${name}@${REALM}>;tag=r`,
          To: `<sip:${name}@${REALM}>`,
          'Call-ID': `reg-${id}`,
          CSeq: `${this.#numbers} REGISTER`,
          ...headers,
          ...more,
        },
      });
    const first = answered(this.hear(id, request()))[0]!;
    const challenge = first.headers.first('www-authenticate') ?? first.headers.first('proxy-authenticate');
    if (challenge === undefined) return first;
    const Authorization = digestAnswer(challenge, {
      username: name,
      password,
      method: 'REGISTER',
      uri: `sip:${REALM}`,
    });
    return answered(this.hear(id, request({ Authorization })))[0]!;
  }

  /** What is done until then, with the time it is done at in `now`. */
  pass(millis: number): SipEffect[] {
    const until = this.now + millis;
    const effects: SipEffect[] = [];
    while (this.server.nextDeadline() <= until) {
      this.now = Math.max(this.now, this.server.nextDeadline());
      effects.push(...this.server.onDeadline(this.now));
    }
    this.now = until;
    return effects;
  }

  #secret(username: string, algorithm: DigestAlgorithm): { user: SipUser; ha1: string } | undefined {
    const user = this.users.get(username);
    const password = `${username}-password`;
    return user === undefined ? undefined : { user, ha1: digestHa1(algorithm, username, REALM, password) };
  }
}

/** The Authorization that answers a challenge. */
export function digestAnswer(
  challenge: string,
  { username, password, method, uri }: { username: string; password: string; method: string; uri: string },
): string {
  const { params } = readAuth(challenge)!;
  const realm = params.get('realm')!;
  const nonce = params.get('nonce')!;
  const algorithm = (params.get('algorithm') ?? 'MD5') as DigestAlgorithm;
  const ha1 = digestHa1(algorithm, username, realm, password);
  const response = digestResponse({ algorithm, ha1, method, uri, nonce, nc: '00000001', cnonce: '0a1b2c3d' });
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="0a1b2c3d", response="${response}", opaque="${params.get('opaque')}"`;
}

/** A request within the dialog that a request and its answer have made, from whoever sent the request or answered it. */
export function withinDialog(
  method: string,
  from: 'caller' | 'callee',
  invite: SipRequest,
  ok: SipResponse,
  headers: Headers = {},
): SipRequest {
  const routes = ok.headers.all('record-route').flatMap(line => line.split(',').map(one => one.trim()));
  const [caller, callee] = [ok.headers.first('from')!, ok.headers.first('to')!];
  const isCaller = from === 'caller';
  return sipRequest(method, {
    uri: isCaller ? 'sip:bob@client2.invalid;transport=ws' : 'sip:alice@client1.invalid;transport=ws',
    headers: {
      Via: `SIP/2.0/TLS client.invalid;branch=z9hG4bK${method}${from}`,
      From: isCaller ? caller : callee,
      To: isCaller ? callee : caller,
      'Call-ID': invite.callId,
      Route: isCaller ? routes.toReversed() : routes,
      CSeq: `${method === 'ACK' ? 1 : 2} ${method}`,
      ...headers,
    },
  });
}

function userNamed(name: string, alias?: string): SipUser {
  return {
    record: `sip:${name}@${REALM}`,
    aliases: alias === undefined ? [] : [alias],
    algorithm: name === 'carol' ? 'SHA-256' : 'MD5',
    side: name === 'carol' ? 'internal' : 'any',
  };
}
