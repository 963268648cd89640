import { SipHeaders } from './headers.ts';
import { NO_BODY, type SipRequest, type SipResponse } from './message.ts';
import type { SipRefusal } from './refusals.ts';
import { reasonOf } from './statuses.ts';
import { writeSipMessage } from './write-message.ts';

/** What an answer copies from its request, in this order (RFC 3261 §8.2.6.2). */
const COPIED = ['via', 'from', 'to', 'call-id', 'cseq'];

/** A response to a request. `toTag` is added where the request had none, as every answer but a 100 must have one. */
export function respond(request: SipRequest, status: number, toTag?: string, reason = reasonOf(status)): SipResponse {
  const { callId, cseq, from, to, vias, headers } = request;
  return {
    kind: 'response',
    status,
    reason,
    callId,
    cseq,
    from,
    to,
    vias,
    headers: answerHeaders(headers, to.params.has('tag') ? undefined : toTag),
    body: NO_BODY,
  };
}

/** The bytes that answer what was refused, or undefined when no answer is due. */
export function writeRefusal({ code, headers }: SipRefusal, toTag: string): Uint8Array | undefined {
  if (code === 0 || headers === undefined) return undefined;
  const hasTag = /;\s*tag\s*=/i.test(headers.first('to') ?? '');
  const answer = answerHeaders(headers, hasTag ? undefined : toTag);
  return writeSipMessage({ kind: 'response', status: code, reason: reasonOf(code), headers: answer, body: NO_BODY });
}

function answerHeaders(headers: SipHeaders, toTag: string | undefined): SipHeaders {
  const answer = new SipHeaders();
  for (const key of COPIED) {
    for (const value of headers.all(key)) {
      const isUntagged = key === 'to' && toTag !== undefined;
      answer.add(NAMES[key]!, isUntagged ? `${value};tag=${toTag}` : value);
    }
  }
  return answer;
}

const NAMES: Readonly<Record<string, string>> = {
  via: 'Via',
  from: 'From',
  to: 'To',
  'call-id': 'Call-ID',
  cseq: 'CSeq',
};
