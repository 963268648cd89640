import { hasLength } from '../stun/values.ts';
import { readWord } from '../words.ts';
import type { MsMessageView } from './ms-message-view.ts';

/** MS-Sequence-Number: the id of the connection, which the server invents, and a number that grows. */
export const MS_CONNECTION_ID_LENGTH = 20;
export const MS_SEQUENCE_NUMBER_LENGTH = MS_CONNECTION_ID_LENGTH + 4;

/** The number, or undefined when the attribute is not there or has another length. Allocates nothing. */
export function readMsSequenceNumber(view: MsMessageView, index: number): number | undefined {
  if (!hasLength(view, index, MS_SEQUENCE_NUMBER_LENGTH)) return undefined;
  return readWord(view.bytes, view.offsetAt(index) + MS_CONNECTION_ID_LENGTH) >>> 0;
}

/** Whether the attribute at this index, which has the right length, names this connection. Allocates nothing. */
export function isMsConnection(view: MsMessageView, index: number, connectionId: Uint8Array): boolean {
  const at = view.offsetAt(index);
  for (let i = 0; i < MS_CONNECTION_ID_LENGTH; i++) if (view.bytes[at + i] !== connectionId[i]) return false;
  return true;
}
