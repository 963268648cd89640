import { ATTRIBUTES } from '../wire/index.ts';
import { Answer } from './answer.ts';
import { isEmptyChange, onDiscovery } from './behavior-discovery.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import { refuseStranger, unauthenticatedReply } from './refuse.ts';
import { type Request, unknownAttributes } from './request.ts';

/** Binding needs no credentials (RFC 8489 §12), so its answer is bounded like every answer to a stranger. */
export function onBinding(core: Core, request: Request): readonly Effect[] {
  const alternate = core.questions.alternate(request.client);
  if (alternate !== undefined || wantsAnotherPort(request)) return onDiscovery(core, request, alternate);
  const unknown = unknownAttributes(request.view).filter(type => !isEmptyChange(request.view, type));
  if (unknown.length > 0) return refuseStranger(core, request, { refused: 'unknown-attribute', unknown }); // RFC 8489 §6.3.1
  return unauthenticatedReply(core, request, () =>
    new Answer(request, undefined).succeed(w => w.xorAddress(ATTRIBUTES.XorMappedAddress, request.client.address)),
  );
}

/** RFC 5780 §7.5: this much needs no other address of ours. It shows clients, and partners, whether we may send to them first. */
function wantsAnotherPort({ client, view }: Request): boolean {
  return client.transport === 'udp' && view.has(ATTRIBUTES.ResponsePort);
}
