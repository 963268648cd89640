import { readdirSync, readFileSync } from 'node:fs';
import { fuzz as channelData } from './channel-data.ts';
import { fuzz as framing } from './framing.ts';
import { fuzz as messageView } from './message-view.ts';
import { fuzz as mrasRequest } from './mras-request.ts';
import { fuzz as msFraming } from './ms-framing.ts';
import { fuzz as msMessageView } from './ms-message-view.ts';
import { fuzz as sipMessage } from './sip-message.ts';

/** What can be fuzzed. Each takes any bytes and throws only when our code is wrong. */
export const TARGETS: Readonly<Record<string, (data: Uint8Array) => void>> = {
  'message-view': messageView,
  'channel-data': channelData,
  framing,
  'ms-message-view': msMessageView,
  'ms-framing': msFraming,
  'sip-message': sipMessage,
  'mras-request': mrasRequest,
};

/** The inputs kept for a target under `corpus/<target>/`: samples of the RFCs, and whatever once broke it. */
export function corpusOf(target: string): { name: string; bytes: Uint8Array }[] {
  const folder = new URL(`corpus/${target}/`, import.meta.url);
  return readdirSync(folder)
    .sort()
    .map(name => ({ name, bytes: Uint8Array.from(readFileSync(new URL(name, folder))) }));
}
