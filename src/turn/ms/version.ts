import { MS_ATTRIBUTES, type MsMessageView, readUint32 } from '../../wire/index.ts';

/** What we truly support: ICE as MS-ICE2 has it. Version 3 is HMAC-SHA256, 4 IPv6, 5 and 6 multiplexing (ADR 0012). */
export const MS_VERSION = 2;

/** The version spoken with a client: its own if it is lower, and 1 with those that say none (MS-TURN §3.2.5.1). */
export function msVersionWith(view: MsMessageView): number {
  const said = readUint32(view, view.find(MS_ATTRIBUTES.MsVersion)) ?? 1;
  return Math.max(1, Math.min(said, MS_VERSION));
}
