import type { TransportAddress } from '../wire/index.ts';
import { failureOf } from './churn.ts';
import type { Lines } from './lines.ts';
import type { Session } from './session.ts';

export interface SetupSettings {
  readonly lines: Lines;
  readonly sessions: readonly Session[];
  readonly peerOf: (client: number) => TransportAddress;
  readonly family: 4 | 6;
  readonly channel: number;
  readonly usesIndications: boolean;
  readonly allocates: boolean;
  readonly inFlight: number;
  readonly isAborted: () => boolean;
}

/** What came of it, also while it goes on. */
export interface SetupResult {
  ready: number;
  failed: number;
  readonly failures: Map<string, number>;
}

/** Gives every client a line, an allocation, and a way to its peer, some at a time. */
export async function setUp(settings: SetupSettings, result: SetupResult): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < settings.sessions.length && !settings.isAborted()) {
      const why = await setUpOne(settings, next++);
      if (why === undefined) result.ready++;
      else {
        result.failed++;
        result.failures.set(why, (result.failures.get(why) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(settings.inFlight, settings.sessions.length) }, work));
}

async function setUpOne(settings: SetupSettings, client: number): Promise<string | undefined> {
  const session = settings.sessions[client]!;
  try {
    await settings.lines.open(client);
  } catch (error) {
    return `connection: ${(error as Error).message}`;
  }
  if (!settings.allocates) return undefined;
  const allocated = await session.allocate(settings.family);
  if (allocated !== 'ok') return failureOf('Allocate', allocated);
  return openWay(settings, client);
}

/** Permission or channel, new or renewed. */
export async function openWay(settings: SetupSettings, client: number): Promise<string | undefined> {
  const session = settings.sessions[client]!;
  const peer = settings.peerOf(client);
  const name = settings.usesIndications ? 'CreatePermission' : 'ChannelBind';
  const answer = await (settings.usesIndications ? session.permit(peer) : session.bind(settings.channel, peer));
  return answer === 'ok' ? undefined : failureOf(name, answer);
}

/** Ends every allocation, some at a time, without waiting long for any. */
export async function tearDown({ sessions, inFlight }: SetupSettings): Promise<void> {
  const open = sessions.filter(session => session.relay !== undefined);
  let next = 0;
  const work = async () => {
    while (next < open.length) await open[next++]!.refresh(0);
  };
  await Promise.all(Array.from({ length: Math.min(4 * inFlight, open.length) }, work));
}
