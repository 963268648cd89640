import { randomBytes } from 'node:crypto';
import type { Elsewhere } from '../../topology/doctor/index.ts';
import { formatAddress, MessageView, type TransportAddress } from '../../wire/index.ts';
import { Asker, bindingRequest, mappedIn } from './asker.ts';
import { type LineOptions, openLine } from './line.ts';
import type { RelayEnd } from './relay-crossing.ts';

const RELAY_WAITS_MILLIS = [400, 800, 1_200];

/** A Binding request from an address of ours to another server. */
export async function askDirectly(
  what: Elsewhere['what'],
  server: TransportAddress,
  options: LineOptions,
): Promise<Elsewhere> {
  const about = { what, server: formatAddress(server), via: 'direct' as const };
  const line = await openLine('udp', server, options);
  if (typeof line === 'string') return { ...about, outcome: line, local: '' };
  const asker = new Asker(line);
  const local = formatAddress(line.local);
  const answer = await asker.binding();
  await asker.close();
  if (answer.said === 'error') return { ...about, outcome: 'answered', local };
  if (answer.said !== 'success') return { ...about, outcome: answer.said, local };
  return { ...about, outcome: 'answered', local, mapped: answer.value.mapped && formatAddress(answer.value.mapped) };
}

/** The same out of a relay: the other server sees the relayed address, if all is well. */
export async function askThroughRelay(
  end: RelayEnd,
  relayed: TransportAddress,
  server: TransportAddress,
): Promise<Elsewhere> {
  const about = {
    what: 'mate' as const,
    server: formatAddress(server),
    via: 'relay' as const,
    local: formatAddress(relayed),
  };
  const permitted = await end.asker.permit(server);
  if (permitted.said !== 'success') return { ...about, outcome: 'unreachable' };
  const onData = end.asker.onData;
  try {
    for (const wait of RELAY_WAITS_MILLIS) {
      const mapped = await bindingThrough(end, server, wait);
      if (mapped !== undefined) return { ...about, outcome: 'answered', mapped };
    }
    return { ...about, outcome: 'silent' };
  } finally {
    end.asker.onData = onData;
  }
}

function bindingThrough({ asker }: RelayEnd, server: TransportAddress, millis: number): Promise<string | undefined> {
  const id = randomBytes(12);
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(undefined), millis);
    asker.onData = (_, payload) => {
      const view = new MessageView();
      const bytes = payload.slice();
      if (view.read(bytes, 0, bytes.length) !== 'ok' || Buffer.compare(view.transactionId, id) !== 0) return;
      const { mapped } = mappedIn(view);
      clearTimeout(timer);
      resolve(mapped && formatAddress(mapped));
    };
    asker.sendTo(server, bindingRequest(id));
  });
}
