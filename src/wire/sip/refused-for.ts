import type { SipMessage } from './message.ts';
import { refusal } from './read-head.ts';
import type { SipFault, SipRefusal } from './refusals.ts';

/** The refusal of a message that could be read, for what is wrong with all of it. */
export function refusedFor(message: SipMessage, fault: SipFault): SipRefusal {
  return refusal(fault, 'content-length', message, message.headers);
}
