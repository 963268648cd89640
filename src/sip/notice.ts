import { readUri, SipHeaders, type SipRequest, type SipUri, writeUri, writeVia } from '../wire/index.ts';
import type { Flow } from './flows.ts';
import { viaFor } from './proxy/forwarding.ts';

/** A request of the edge's own that nobody answers. */
export interface Notice {
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** The request that carries it to one device: from the user to the user, as Microsoft's servers do. */
export function noticeFor(
  record: string,
  contact: SipUri,
  flow: Flow,
  { method, headers, body }: Notice,
  random: (bytes: number) => string,
): SipRequest {
  const callId = random(16);
  const via = viaFor(flow, `z9hG4bK${random(12)}`);
  const own = SipHeaders.of([
    ['Via', writeVia(via)],
    ['Max-Forwards', '70'],
    ['From', `<${record}>;tag=${random(8)}`],
    ['To', `<${record}>`],
    ['Call-ID', callId],
    ['CSeq', `1 ${method}`],
    ...headers,
  ]);
  const user = { uri: readUri(record)!, params: new Map() };
  const what = { kind: 'request', method, uri: contact, uriText: writeUri(contact), headers: own, body } as const;
  return { ...what, callId, cseq: { number: 1, method }, from: user, to: user, vias: [via] };
}
