import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { ClockFacts } from '../../topology/doctor/index.ts';
import { clock } from '../clock.ts';

const PORT = 123;
const LENGTH = 48;
const WAIT_MILLIS = 2_000;
/** Of a client, version 4 (RFC 5905 §7.3). */
const CLIENT = 0x23;
const SERVER_MODE = 4;
/** From 1900, where NTP begins, to 1970. */
const EPOCH_SECONDS = 2_208_988_800;

/** How far this machine's clock is ahead of an NTP server's (RFC 5905 §8), given as HOST or HOST:PORT. */
export async function askTime(server: string, whose: ClockFacts['whose']): Promise<ClockFacts> {
  const about = { whose, against: `NTP server ${server}` } as const;
  const answer = await exchange(server).catch(() => undefined);
  if (answer === undefined) return { ...about, aheadMillis: undefined, toleranceMillis: 0 };
  const { bytes, sent, came } = answer;
  const [received, left] = [timeAt(bytes, 32), timeAt(bytes, 40)];
  const aheadMillis = -(received - sent + (left - came)) / 2;
  return { ...about, aheadMillis, toleranceMillis: came - sent };
}

async function exchange(server: string): Promise<{ bytes: Buffer; sent: number; came: number } | undefined> {
  const [, six, host = six, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? [];
  const { address, family } = await lookup(host ?? server);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise(resolve => {
      const timer = setTimeout(() => resolve(undefined), WAIT_MILLIS);
      const settle = (found: { bytes: Buffer; sent: number; came: number } | undefined) => {
        clearTimeout(timer);
        resolve(found);
      };
      const question = Buffer.alloc(LENGTH);
      question[0] = CLIENT;
      socket.on('error', () => settle(undefined));
      socket.on('message', bytes => {
        const isAnswer = bytes.length >= LENGTH && (bytes[0]! & 7) === SERVER_MODE && bytes[1] !== 0;
        if (isAnswer) settle({ bytes, sent, came: clock.wall() });
      });
      const sent = clock.wall();
      socket.send(question, port === undefined ? PORT : Number(port), address);
    });
  } finally {
    socket.close();
  }
}

function timeAt(bytes: Buffer, at: number): number {
  return (bytes.readUInt32BE(at) - EPOCH_SECONDS + bytes.readUInt32BE(at + 4) / 2 ** 32) * 1000;
}
