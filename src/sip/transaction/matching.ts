import { type SipRequest, type SipResponse, uniqueBranch, writeUri, writeVia } from '../../wire/index.ts';
import type { FlowId } from '../flows.ts';

/**
 * What requests of one transaction have in common (RFC 3261 §17.2.3), an ACK having the method of its INVITE. The flow is part of
 * it: nobody answers, repeats or cancels what came by another's connection. Old elements and pidgin-sipe give no branch; for them it
 * is everything that stays the same, without the To tag, which an ACK has and its INVITE has not.
 */
export function serverKey(request: SipRequest, flow: FlowId, method = request.method): string {
  const via = request.vias[0]!;
  const of = method === 'ACK' ? 'INVITE' : method;
  const branch = uniqueBranch(via);
  if (branch !== undefined) return `${flow} ${of} ${via.host}:${via.port ?? ''} ${branch}`;
  const { callId, cseq, from, uri } = request;
  const tag = from.params.get('tag') ?? '';
  return `${flow} ${of} ${cseq.number} ${writeUri(uri)} ${tag} ${callId} ${writeVia(via)}`;
}

/** The transaction an answer belongs to, by the branch we gave it (RFC 3261 §17.1.3). */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

export function clientKeyOf(response: SipResponse): string {
  return clientKey(response.vias[0]!.params.get('branch') ?? '', response.cseq.method);
}
