import { NO_BODY, SipHeaders, type SipRequest, type SipResponse, writeVia } from '../../wire/index.ts';

/** The ACK of a transaction for a final response that is no success (RFC 3261 §17.1.1.3): To from the response, the rest from the INVITE. */
export function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  return follower(invite, 'ACK', response.headers.first('to')!);
}

/** The CANCEL of an INVITE that has been answered provisionally (RFC 3261 §9.1). It has the INVITE's branch. */
export function cancelFor(invite: SipRequest): SipRequest {
  return follower(invite, 'CANCEL', invite.headers.first('to')!);
}

function follower(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const { callId, cseq, from, uri, uriText, vias, headers } = invite;
  const own = SipHeaders.of([
    ['Via', writeVia(vias[0]!)],
    ['Max-Forwards', '70'],
    ['From', headers.first('from')!],
    ['To', to],
    ['Call-ID', callId],
    ['CSeq', `${cseq.number} ${method}`],
  ]);
  for (const route of headers.all('route')) own.add('Route', route);
  const common = { kind: 'request', method, uri, uriText, callId, from, to: invite.to, body: NO_BODY } as const;
  return { ...common, cseq: { number: cseq.number, method }, vias: vias.slice(0, 1), maxForwards: 70, headers: own };
}
