import { readUint16At } from '../words.ts';
import type { MessageView } from './message-view.ts';
import { hasLength, readUint32 } from './values.ts';

export interface ChangeRequest {
  readonly changeIp: boolean;
  readonly changePort: boolean;
}

/** CHANGE-REQUEST (RFC 5780 §7.2). */
export function readChangeRequest(view: MessageView, index: number): ChangeRequest | undefined {
  const flags = readUint32(view, index);
  return flags === undefined ? undefined : { changeIp: (flags & 4) !== 0, changePort: (flags & 2) !== 0 };
}

/** RESPONSE-PORT (RFC 5780 §7.5): two bytes; some count the padding behind them in the length. */
export function readResponsePort(view: MessageView, index: number): number | undefined {
  const isPort = hasLength(view, index, 2) || hasLength(view, index, 4);
  return isPort ? readUint16At(view.bytes, view.offsetAt(index)) : undefined;
}
