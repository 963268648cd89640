import { describe, expect, test } from 'vitest';
import { SipBench } from '../../../test/testkit/sip-bench.ts';
import { answered, asked, sipFlow, sipRequest } from '../../../test/testkit/sip-messages.ts';
import { MRAS_NAMESPACE, MRAS_TYPE, type MrasRelay, readXml, type XmlElement } from '../../wire/mras/index.ts';
import type { Flow } from '../flows.ts';
import type { LocalAnswer } from '../questions.ts';
import { type MrasQuestions, MrasService } from './mras-service.ts';
import { provisioningNotice, serveProvisioning } from './provisioning-service.ts';

const URI = 'sip:mras.example.test@example.test;gruu;opaque=srvr:MRAS:edge1';
const ALICE = {
  record: 'sip:alice@example.test',
  aliases: ['sip:al@example.test'],
  algorithm: 'MD5',
  side: 'any',
} as const;
const OUTSIDE: MrasRelay = { location: 'internet', host: { name: 'av.example.test' }, udpPort: 3478, tcpPort: 443 };
const INSIDE: MrasRelay = { location: 'intranet', host: { name: 'av.inside.test' }, udpPort: 3478, tcpPort: 443 };

describe('credentials for the relay', () => {
  test('are given to the user who has signed in, with the relays of his side', () => {
    const { answer, minted } = ask({});
    expect(answer).toMatchObject({ status: 200, headers: [['Content-Type', MRAS_TYPE]] });
    const response = bodyOf(answer);
    expect(response.attributes.get('reasonPhrase')).toBe('OK');
    expect(response.attributes.get('requestID')).toBe('815');
    expect(find(response, 'username').text).toBe('dXNlcg==');
    expect(find(response, 'hostName').text).toBe('av.example.test');
    expect(minted).toEqual([['sip:alice@example.test', 'internet', 480]]);
  });

  test.each([
    [480, 480],
    [30, 30],
    [1440, 480],
    [99_999_999_999, 480],
  ])('%i minutes asked for are %i granted', (wanted, granted) => {
    const { answer, minted } = ask({ duration: wanted });
    expect(minted[0]![2]).toBe(granted);
    expect(find(bodyOf(answer), 'duration').text).toBe(String(granted));
  });

  test('what was minted for less is said to last less', () => {
    const { answer } = ask({ questions: { mint: () => ({ username: 'dQ==', password: 'cA==', durationMinutes: 7 }) } });
    expect(find(bodyOf(answer), 'duration').text).toBe('7');
  });

  test('who comes from outside is outside, whatever he says; inside, what is asked for is given', () => {
    expect(ask({ location: 'intranet' }).minted[0]![1]).toBe('internet');
    const inside = sipFlow(1, { side: 'internal' });
    expect(ask({ location: 'intranet', flow: inside }).minted[0]![1]).toBe('intranet');
    const both = ask({ location: undefined, flow: inside });
    expect(find(bodyOf(both.answer), 'mediaRelayList').elements).toHaveLength(2);
    expect(both.minted[0]![1]).toBe('intranet');
  });

  test('are given under an alias, and to nobody for another, though only one of several is', () => {
    expect(ask({ identities: ['sip:AL@example.test'.toLowerCase()] }).answer).toMatchObject({ status: 200 });
    for (const refused of [
      ask({ identities: ['sip:bob@example.test'] }),
      ask({ identities: [ALICE.record, 'sip:bob@example.test'] }),
      ask({ from: 'sip:bob@example.test' }),
    ]) {
      expect(refused.answer).toMatchObject({ status: 403 });
      expect(bodyOf(refused.answer).attributes.get('reasonPhrase')).toBe('Forbidden');
      expect(refused.minted).toEqual([]);
    }
  });

  test('a server inside asks for its own users, a stranger without a name for none', () => {
    const pool = sipFlow(1, { side: 'internal', isTrusted: true });
    expect(
      ask({ user: undefined, flow: pool, identities: ['sip:dave@example.test'], from: 'sip:dave@example.test' }).answer,
    ).toMatchObject({ status: 200 });
    expect(ask({ user: undefined }).answer).toMatchObject({ status: 403 });
    expect(ask({ user: undefined, flow: sipFlow(1, { side: 'partner', isTrusted: true }) }).answer).toMatchObject({
      status: 403,
    });
  });
});

describe('what is refused (MS-AVEDGEA §3.1.5)', () => {
  test.each([
    ['another method', { method: 'OPTIONS' }, 405, undefined],
    ['another type', { type: 'application/sdp' }, 415, undefined],
    ['no type', { type: '' }, 415, undefined],
    ['what cannot be read', { body: 'hello' }, 400, 'Request Malformed'],
    ['an identity that is no SIP URI', { identities: ['tel:+1'] }, 400, 'Request Malformed'],
    ['too much', { identities: Array.from({ length: 101 }, () => ALICE.record) }, 413, 'Request Too Large'],
    ['another version', { version: '9.0' }, 400, 'Version Mismatch'],
    ['no relay to name', { questions: { relays: () => [] } }, 501, 'Not Supported'],
    ['no secret to mint with', { questions: { mint: () => undefined } }, 500, 'Internal Server Error'],
  ] as const)('%s', (_, options, status, reason) => {
    const { answer } = ask(options);
    expect(answer!.status).toBe(status);
    if (reason === undefined) expect(answer!.body).toBeUndefined();
    else expect(bodyOf(answer).attributes.get('reasonPhrase')).toBe(reason);
    if (status === 405) expect(answer!.headers).toEqual([['Allow', 'SERVICE']]);
    if (status === 415) expect(answer!.headers).toEqual([['Accept', MRAS_TYPE]]);
  });

  test('a request for somebody else is nothing to it', () => {
    expect(ask({ uri: 'sip:alice@example.test' }).answer).toBeUndefined();
    expect(ask({ uri: URI.replace('edge1', 'edge2') }).answer).toBeUndefined();
  });
});

describe('provisioning', () => {
  const provisioning = { mrasUri: URI, encryption: 'RequireEncryption' } as const;
  const subscribe = (Event: string | undefined) => ({
    request: sipRequest('SUBSCRIBE', { uri: ALICE.record, headers: { Event } }),
    user: ALICE,
    flow: sipFlow(1),
  });

  test('comes in the answer to SUBSCRIBE, so that pidgin-sipe takes it', () => {
    const answer = serveProvisioning(subscribe('vnd-microsoft-provisioning-v2'), provisioning)!;
    expect(answer.headers!.map(([name]) => name)).toContain('ms-piggyback-cseq');
    expect(Buffer.from(answer.body!).toString()).toContain(`<mrasUri>${URI}</mrasUri>`);
    expect(serveProvisioning(subscribe('presence'), provisioning)).toBeUndefined();
    expect(serveProvisioning(subscribe(undefined), provisioning)).toBeUndefined();
  });

  test('and unasked, as BENOTIFY, through a whole server', () => {
    const service = new MrasService({ uri: URI, realm: 'rtcmedia' }, questions([]));
    const bench = new SipBench({
      serve: request => service.serve(request, 0) ?? serveProvisioning(request, provisioning),
    });
    bench.signIn(1, 'alice');
    const [told] = answered(
      bench.hear(
        1,
        sipRequest('SUBSCRIBE', {
          uri: ALICE.record,
          headers: { Event: 'vnd-microsoft-provisioning-v2', 'Proxy-Require': 'ms-benotify' },
        }),
      ),
    );
    expect(told).toMatchObject({ status: 200 });
    const body = text({});
    const [served] = answered(
      bench.hear(1, sipRequest('SERVICE', { uri: URI, headers: { To: `<${URI}>`, 'Content-Type': MRAS_TYPE }, body })),
    );
    expect(served).toMatchObject({ status: 200 });
    const [notice] = asked(bench.server.notify(ALICE.record, provisioningNotice(provisioning), 0));
    expect(notice).toMatchObject({ method: 'BENOTIFY', flow: 1 });
    expect(notice!.headers.first('event')).toBe('vnd-microsoft-provisioning-v2');
  });
});

interface Ask {
  method?: string;
  uri?: string;
  type?: string;
  body?: string;
  user?: typeof ALICE | undefined;
  flow?: Flow;
  identities?: readonly string[];
  from?: string;
  location?: string | undefined;
  duration?: number;
  version?: string;
  questions?: Partial<MrasQuestions>;
}

function ask(one: Ask) {
  const minted: unknown[][] = [];
  const service = new MrasService({ uri: URI, realm: 'rtcmedia' }, { ...questions(minted), ...one.questions });
  const { method = 'SERVICE', uri = URI, type = MRAS_TYPE, flow = sipFlow(1) } = one;
  const user = 'user' in one ? one.user : ALICE;
  const headers = { 'Content-Type': type === '' ? undefined : type };
  const request = sipRequest(method, { uri, headers, body: one.body ?? text(one) });
  return { answer: service.serve({ request, user, flow }, 0), minted };
}

function questions(minted: unknown[][]): MrasQuestions {
  return {
    mint(record, location, minutes) {
      minted.push([record, location, minutes]);
      return { username: 'dXNlcg==', password: 'cGFzcw==', durationMinutes: minutes };
    },
    relays: location => [OUTSIDE, INSIDE].filter(relay => location === undefined || relay.location === location),
  };
}

function text(one: Ask): string {
  const { identities = [ALICE.record], from = ALICE.record, duration = 480, version = '2.0' } = one;
  const location = 'location' in one ? one.location : 'internet';
  const place = location === undefined ? '' : `<location>${location}</location>`;
  const requests = identities.map(
    (identity, i) =>
      `<credentialsRequest credentialsRequestID="${i}"><identity>${identity}</identity>${place}<duration>${duration}</duration></credentialsRequest>`,
  );
  return `<request xmlns="${MRAS_NAMESPACE}" requestID="815" version="${version}" from="${from}" to="${URI}">${requests.join('')}</request>`;
}

function bodyOf(answer: LocalAnswer | undefined): XmlElement {
  return readXml(answer!.body!)!;
}

function find(element: XmlElement, name: string): XmlElement {
  const queue = [element];
  for (const one of queue) {
    if (one.name === name) return one;
    queue.push(...one.elements);
  }
  throw new Error(`no ${name}`);
}
