import {
  isMsConnection,
  MS_ATTRIBUTES,
  type MsMessageView,
  readMsSequenceNumber,
  verifyMsIntegrity,
} from '../../wire/index.ts';
import type { Allocation } from '../allocation.ts';
import type { Refusal } from '../effects.ts';
import type { MsSession } from './session.ts';

const A = MS_ATTRIBUTES;

/** The number of a message that has none: allowed until the client has sent its first. */
export const NO_NUMBER = -1;

/** Whose message it is; undefined where nobody has an allocation of this dialect that was answered. */
export function msSessionOf(allocation: Allocation | undefined): MsSession | undefined {
  return allocation === undefined || allocation.opening !== undefined ? undefined : allocation.microsoft;
}

/**
 * Why a Send or Set Active Destination request is not its client's, or the sequence number it carries. What costs least is asked first;
 * nothing is noted, so that an altered or replayed message changes nothing. Makes no objects but what the hashes are.
 */
export function vouchedNumber(view: MsMessageView, session: MsSession): number | Refusal {
  const username = view.find(A.Username);
  if (username < 0 || !isUsername(view, username, session.username)) return 'ms-other-user';
  const sequence = view.find(A.MsSequenceNumber);
  if (sequence < 0 && session.sequence.isUsed) return 'ms-replayed';
  const number = sequence < 0 ? NO_NUMBER : readMsSequenceNumber(view, sequence);
  if (number === undefined) return 'ms-malformed';
  if (sequence >= 0 && !isMsConnection(view, sequence, session.connectionId)) return 'ms-other-connection';
  return verifyMsIntegrity(view, 'sha1', session.key) ? number : 'ms-wrong-integrity';
}

function isUsername(view: MsMessageView, index: number, username: Uint8Array): boolean {
  const length = view.lengthAt(index);
  const at = view.offsetAt(index);
  if (length !== username.length) return false;
  for (let i = 0; i < length; i++) if (view.bytes[at + i] !== username[i]) return false;
  return true;
}
