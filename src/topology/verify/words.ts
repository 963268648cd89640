import { formatIp } from '../../wire/index.ts';
import { addressOf, allAddresses, type Box, type Interval } from './box.ts';
import type { Inquiry } from './inquiries.ts';

/** Packets in an operator's words: `UDP from any port any to 10.45.16.10 port 3478`. */
export function boxText(box: Box, { question: { family, protocol } }: Pick<Inquiry, 'question'>): string {
  const address = (interval: Interval) => addressText(interval, allAddresses(family));
  return [
    protocol.toUpperCase(),
    `from ${address(box.source)}${portText(box.sourcePort)}`,
    `to ${address(box.destination)}${portText(box.destinationPort)}`,
  ].join(' ');
}

function addressText({ first, last }: Interval, all: Interval): string {
  if (first === all.first && last === all.last) return 'any';
  if (first === last) return formatIp(addressOf(first));
  const length = 128 - (last - first).toString(2).length;
  const isPrefix = last - first === (1n << BigInt(128 - length)) - 1n && first % (last - first + 1n) === 0n;
  const written = all.last - all.first === 0xffffffffn ? length - 96 : length;
  return isPrefix
    ? `${formatIp(addressOf(first))}/${written}`
    : `${formatIp(addressOf(first))}-${formatIp(addressOf(last))}`;
}

function portText({ first, last }: Interval): string {
  if (first <= 1n && last === 65535n) return '';
  return first === last ? ` port ${first}` : ` port ${first}-${last}`;
}
