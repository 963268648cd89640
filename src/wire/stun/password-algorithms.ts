import { paddedLength, readUint16At, writeUint16At } from '../words.ts';
import type { MessageView } from './message-view.ts';

/** Password algorithm numbers (RFC 8489 §18.5). */
export const PASSWORD_ALGORITHMS = { md5: 0x0001, 'sha-256': 0x0002 } as const;

export interface PasswordAlgorithmValue {
  /** One of PASSWORD_ALGORITHMS or unknown. */
  readonly algorithm: number;
  /** Empty for both algorithms there are. Borrowed when read. */
  readonly parameters: Uint8Array;
}

/** PASSWORD-ALGORITHMS (RFC 8489 §14.11): all that are offered, in the server's order of preference. */
export function readPasswordAlgorithms(view: MessageView, index: number): PasswordAlgorithmValue[] | undefined {
  if (index < 0 || index >= view.count) return undefined;
  const list: PasswordAlgorithmValue[] = [];
  const end = view.offsetAt(index) + view.lengthAt(index);
  for (let at = view.offsetAt(index); at < end; ) {
    const one = algorithmAt(view.bytes, at, end);
    if (one === undefined) return undefined;
    list.push(one);
    at += 4 + paddedLength(one.parameters.length);
  }
  return list;
}

/** PASSWORD-ALGORITHM (RFC 8489 §14.12): the one the client chose. */
export function readPasswordAlgorithm(view: MessageView, index: number): PasswordAlgorithmValue | undefined {
  const list = readPasswordAlgorithms(view, index);
  return list?.length === 1 ? list[0] : undefined;
}

function algorithmAt(b: Uint8Array, at: number, end: number): PasswordAlgorithmValue | undefined {
  if (at + 4 > end) return undefined;
  const length = readUint16At(b, at + 2);
  if (at + 4 + length > end) return undefined;
  return { algorithm: readUint16At(b, at), parameters: b.subarray(at + 4, at + 4 + length) };
}

/** Bytes that these algorithms take as a value. */
export function passwordAlgorithmsLength(list: readonly PasswordAlgorithmValue[]): number {
  return list.reduce((sum, one) => sum + 4 + paddedLength(one.parameters.length), 0);
}

/** Writes the value of either attribute; padding inside it is zero. */
export function writePasswordAlgorithms(b: Uint8Array, at: number, list: readonly PasswordAlgorithmValue[]): void {
  b.fill(0, at, at + passwordAlgorithmsLength(list));
  for (const { algorithm, parameters } of list) {
    writeUint16At(b, at, algorithm);
    writeUint16At(b, at + 2, parameters.length);
    b.set(parameters, at + 4);
    at += 4 + paddedLength(parameters.length);
  }
}
