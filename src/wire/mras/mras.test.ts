import { describe, expect, test } from 'vitest';
import {
  MRAS_NAMESPACE,
  MRAS_STATUSES,
  readMrasRequest,
  readXml,
  writeMrasResponse,
  writeProvisioning,
  xmlText,
} from './index.ts';

const TO = 'sip:mras.example.test@example.test;gruu;opaque=srvr:MRAS:edge1';
const ALICE = 'sip:alice@example.test';

describe('a request', () => {
  test('as pidgin-sipe writes it', () => {
    const text = `<request requestID="815" from="${ALICE}" version="1.0" to="${TO}" xmlns="${MRAS_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><credentialsRequest credentialsRequestID="815"><identity>${ALICE}</identity><location>internet</location><duration>480</duration></credentialsRequest></request>`;
    expect(read(text)).toEqual({
      requestId: '815',
      version: '1.0',
      to: TO,
      from: ALICE,
      route: 'loadbalanced',
      credentials: [{ id: '815', identity: ALICE, location: 'internet', durationMinutes: 480 }],
    });
  });

  test('with a declaration, prefixes, blanks, and less than may be said', () => {
    const text = `<?xml version="1.0" encoding="utf-8"?>\r\n<m:request xmlns:m="${MRAS_NAMESPACE}" requestID="1" version="3.0" to="${TO}" from="${ALICE}" route="directip">\r\n <m:credentialsRequest credentialsRequestID="2">\r\n  <m:identity> ${ALICE} </m:identity>\r\n </m:credentialsRequest>\r\n</m:request>`;
    expect(read(text)).toMatchObject({
      route: 'directip',
      credentials: [{ id: '2', identity: ALICE, location: undefined, durationMinutes: undefined }],
    });
  });

  test('with several identities, in escapes', () => {
    const asked = read(request(one('1', 'sip:a&amp;b@example.test') + one('2', 'sip:&#x61;@example.test')));
    expect(asked).toMatchObject({
      credentials: [{ identity: 'sip:a&b@example.test' }, { identity: 'sip:a@example.test' }],
    });
  });

  test.each([
    ['no XML', 'hello'],
    ['nothing', ''],
    ['half a document', request(one('1')).slice(0, -5)],
    ['two documents', request(one('1')) + request(one('1'))],
    ['another element', request(one('1')).replaceAll('request ', 'response ').replaceAll('</request>', '</response>')],
    ['another namespace', request(one('1')).replace('mrasp', 'other')],
    ['no namespace', request(one('1')).replace(/xmlns="[^"]*"/, '')],
    ['no requestID', request(one('1')).replace('requestID="815"', '')],
    ['a long requestID', request(one('1')).replace('"815"', `"${'8'.repeat(65)}"`)],
    ['no version', request(one('1')).replace('version="2.0"', '')],
    ['a version that is none', request(one('1')).replace('2.0', 'two')],
    ['no credentialsRequest', request('')],
    ['no identity', request(one('1').replace(/<identity>.*<\/identity>/, ''))],
    ['two identities', request(one('1').replace('<identity>', '<identity>x</identity><identity>'))],
    ['a strange location', request(one('1').replace('internet', 'moon'))],
    ['no minutes', request(one('1').replace('480', '0'))],
    ['minus minutes', request(one('1').replace('480', '-5'))],
    ['half minutes', request(one('1').replace('480', '1.5'))],
    ['a from that is no URI', request(one('1')).replace(`from="${ALICE}"`, 'from="alice"')],
    ['a strange route', request(one('1')).replace('version=', 'route="tunnel" version=')],
    ['an attribute twice', request(one('1')).replace('requestID="815"', 'requestID="815" requestID="816"')],
    ['a DOCTYPE', `<!DOCTYPE r [<!ENTITY a "aaaa">]>${request(one('1', '&a;'))}`],
    [
      'a file as entity',
      `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${request(one('1', '&x;'))}`,
    ],
    ['an entity nobody declared', request(one('1', '&nbsp;'))],
    ['a character that is none', request(one('1', '&#0;'))],
    ['CDATA', request(one('1', '<![CDATA[x]]>'))],
    ['a comment', request(`<!-- x -->${one('1')}`)],
    ['an instruction', request(`<?php x ?>${one('1')}`)],
    ['too deep', request('<a>'.repeat(9) + '</a>'.repeat(9))],
    ['too many elements', request('<a/>'.repeat(2001))],
    ['too long', request(one('1', 'x'.repeat(70_000)))],
  ])('%s is malformed', (_, text) => expect(read(text)).toMatchObject({ refused: 'Request Malformed' }));

  test('more than a hundred are too large, and another version is a mismatch: both can be answered', () => {
    expect(read(request(one('1').repeat(101)))).toMatchObject({
      refused: 'Request Too Large',
      request: { requestId: '815' },
    });
    expect(read(request(one('1').repeat(100)))).toMatchObject({ requestId: '815' });
    expect(read(request(one('1')).replace('2.0', '4.0'))).toMatchObject({
      refused: 'Version Mismatch',
      request: { version: '4.0' },
    });
  });

  test('hostile names do nothing', () => {
    const text = request(one('1')).replace('requestID="815"', 'requestID="815" __proto__="x" constructor="y"');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect([undefined, '815']).toContain((read(text) as { requestId?: string }).requestId);
  });

  test('truncated anywhere it is malformed, and nothing is thrown', () => {
    const whole = request(one('1'));
    for (let end = 0; end < whole.length; end++)
      expect(read(whole.slice(0, end))).toEqual({ refused: 'Request Malformed' });
  });
});

describe('a response', () => {
  const asked = { requestId: '815', version: '2.0', to: TO, from: ALICE };
  const credentials = {
    id: '815',
    username: 'AQAAIA==',
    password: 'g//hSHs=',
    durationMinutes: 480,
    realm: 'rtcmedia',
    relays: [
      { location: 'internet', host: { name: 'av.example.test' }, udpPort: 3478, tcpPort: 443 },
      { location: 'intranet', host: { ip: '10.0.0.5' }, tcpPort: 443 },
    ],
  } as const;

  test('says everything in the order of the schema', () => {
    expect(text(writeMrasResponse({ reason: 'OK', request: asked, credentials: [credentials] }))).toBe(
      '<?xml version="1.0"?>\r\n' +
        `<response xmlns="${MRAS_NAMESPACE}" requestID="815" to="${TO}" from="${ALICE}" version="2.0" serverVersion="3.0" reasonPhrase="OK">` +
        '<credentialsResponse credentialsRequestID="815"><credentials><username>AQAAIA==</username><password>g//hSHs=</password>' +
        '<duration>480</duration><realm>rtcmedia</realm></credentials><mediaRelayList>' +
        '<mediaRelay><location>internet</location><hostName>av.example.test</hostName><udpPort>3478</udpPort><tcpPort>443</tcpPort></mediaRelay>' +
        '<mediaRelay><location>intranet</location><directIPAddress>10.0.0.5</directIPAddress><tcpPort>443</tcpPort></mediaRelay>' +
        '</mediaRelayList></credentialsResponse></response>',
    );
  });

  test.each([
    ['1.0', 'version="1.0" reasonPhrase'],
    ['3.0', 'version="3.0" serverVersion="3.0"'],
    ['4.7', 'version="3.0" serverVersion="3.0"'],
    ['2.5', 'version="2.0" serverVersion="3.0"'],
    ['0.9', 'version="1.0" serverVersion="3.0"'],
  ])('to %s it says %s', (version, expected) =>
    expect(text(writeMrasResponse({ reason: 'Version Mismatch', request: { ...asked, version } }))).toContain(expected),
  );

  test('to what could not be read it says nothing of it', () => {
    expect(text(writeMrasResponse({ reason: 'Request Malformed' }))).toBe(
      `<?xml version="1.0"?>\r\n<response xmlns="${MRAS_NAMESPACE}" version="3.0" serverVersion="3.0" reasonPhrase="Request Malformed"/>`,
    );
  });

  test('what a stranger wrote stays text', () => {
    const evil = '"/><x a=\'&<>\u0001';
    const written = writeMrasResponse({ reason: 'OK', request: { ...asked, requestId: evil } });
    expect(readXml(written)!.attributes.get('requestID')).toBe('"/><x a=\'&<>');
    expect(readXml(Buffer.from(`<a>${xmlText(evil)}</a>`))!.text).toBe('"/><x a=\'&<>');
  });

  test('every reason has a status', () => {
    for (const [reason, status] of Object.entries(MRAS_STATUSES))
      expect([reason, status >= 400 || reason === 'OK']).toEqual([reason, true]);
  });
});

test('provisioning tells where the service is', () => {
  const document = readXml(writeProvisioning({ mrasUri: `${TO}&x`, encryption: 'RequireEncryption' }))!;
  expect(document).toMatchObject({
    name: 'provisionGroupList',
    namespace: expect.stringContaining('provisiongrouplist-notification'),
  });
  const [group] = document.elements;
  expect(group!.attributes.get('name')).toBe('ServerConfiguration');
  expect(group!.elements.map(({ name, text: said }) => [name, said])).toEqual([
    ['mrasUri', `${TO}&x`],
    ['ucPC2PCAVEncryption', 'RequireEncryption'],
  ]);
});

function request(inner: string): string {
  return `<request xmlns="${MRAS_NAMESPACE}" requestID="815" version="2.0" from="${ALICE}" to="${TO}">${inner}</request>`;
}

function one(id: string, identity = ALICE): string {
  return `<credentialsRequest credentialsRequestID="${id}"><identity>${identity}</identity><location>internet</location><duration>480</duration></credentialsRequest>`;
}

function read(body: string) {
  return readMrasRequest(Buffer.from(body));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
