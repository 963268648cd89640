import type { Flow, FlowId, SipEffect } from '../../src/sip/index.ts';
import { readSipMessage, type SipMessage, type SipRequest, type SipResponse } from '../../src/wire/index.ts';

/** A request as bytes would have brought it. `headers` come after the necessary ones; one of the same name takes its place. */
export function sipRequest(
  method: string,
  { uri = 'sip:bob@example.test', headers = {}, body = '' }: { uri?: string; headers?: Headers; body?: string } = {},
): SipRequest {
  const own: Headers = {
    Via: 'SIP/2.0/TLS client.invalid;branch=z9hG4bKfirst',
    'Max-Forwards': '70',
    From: '<sip:alice@example.test>;tag=a',
    To: method === 'REGISTER' ? '<sip:alice@example.test>' : '<sip:bob@example.test>',
    'Call-ID': 'call-1',
    CSeq: `1 ${method}`,
  };
  return read(`${method} ${uri} SIP/2.0`, { ...own, ...headers }, body) as SipRequest;
}

/** What another element answers to a request that was sent to it. */
export function sipResponse(request: SipRequest, status: number, headers: Headers = {}, body = ''): SipResponse {
  const tag = request.to.params.has('tag') || status === 100 ? '' : ';tag=b';
  const own: Headers = {
    Via: request.headers.all('via'),
    From: request.headers.first('from')!,
    To: `${request.headers.first('to')}${tag}`,
    'Call-ID': request.callId,
    CSeq: request.headers.first('cseq')!,
  };
  const recorded = request.headers.all('record-route');
  const routes: Headers = recorded.length > 0 && status > 100 ? { 'Record-Route': recorded } : {};
  return read(`SIP/2.0 ${status} Said`, { ...own, ...routes, ...headers }, body) as SipResponse;
}

export type Headers = Record<string, string | readonly string[] | undefined>;

export function sipFlow(
  id: number,
  more: Partial<Pick<Flow, 'transport' | 'side' | 'isTrusted' | 'partner' | 'unproven'>> & { host?: string } = {},
): Flow {
  const { transport = 'TLS', side = 'external', isTrusted = false, host = '198.51.100.7', ...shown } = more;
  const local = { host: 'edge.example.test', port: 5061 };
  return { id: id as FlowId, transport, side, isTrusted, remote: { host, port: 40_000 + id }, local, ...shown };
}

/** What was sent, and by which flow. */
export function sent(effects: readonly SipEffect[]): { flow: number; message: SipMessage }[] {
  return effects.flatMap(effect => {
    if (effect.do !== 'send') return [];
    const message = readSipMessage(effect.bytes, 'frame');
    if (message.kind === 'refused') throw new Error(`${message.fault}: ${Buffer.from(effect.bytes).toString()}`);
    return [{ flow: effect.flow, message }];
  });
}

/** The requests among what was sent. */
export function asked(effects: readonly SipEffect[]): (SipRequest & { flow: number })[] {
  return sent(effects).flatMap(({ flow, message }) => (message.kind === 'request' ? [{ ...message, flow }] : []));
}

/** The responses among it. */
export function answered(effects: readonly SipEffect[]): (SipResponse & { flow: number })[] {
  return sent(effects).flatMap(({ flow, message }) => (message.kind === 'response' ? [{ ...message, flow }] : []));
}

/** The same in short: `2 INVITE`, `1 180`. */
export function saidIn(effects: readonly SipEffect[]): string[] {
  return sent(effects).map(
    ({ flow, message }) => `${flow} ${message.kind === 'request' ? message.method : message.status}`,
  );
}

function read(startLine: string, headers: Headers, body: string): SipRequest | SipResponse {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map(one => `${name}: ${one}`),
  );
  const message = readSipMessage(Buffer.from([startLine, ...lines, '', body].join('\r\n')), 'frame');
  if (message.kind === 'refused') throw new Error(`${message.fault}: ${lines.join('\n')}`);
  return message;
}
