import { ATTRIBUTES, type ClientId, type LinkId, readConnectionId } from '../wire/index.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import type { Effect, Refusal } from './effects.ts';
import type { PeerConnection } from './peer-connections.ts';
import { refuseWith } from './refuse.ts';
import { type AuthenticRequest, isRefused, type Refused, refused } from './request.ts';

const NOTHING: readonly Effect[] = [];

/** ConnectionBind (RFC 6062 §5.4), which makes a client's connection carry bytes and no messages any more. */
export function onConnectionBind(core: Core, request: AuthenticRequest): readonly Effect[] | Refused {
  const { client, view, credential } = request;
  const id = readConnectionId(view, view.find(ATTRIBUTES.ConnectionId));
  const isControl = core.allocations.of(client.id) !== undefined;
  if (client.transport === 'udp' || isControl || id === undefined) return refused('bad-request');
  const answer = new Answer(request, request.seal);
  const worker = core.connections.workerOf(id);
  if (worker !== core.settings.worker.index) {
    // One at a time: a connection that asks again before it was answered asks in vain.
    if (!core.connections.ask(client.id, answer)) return NOTHING;
    return [{ do: 'bind-elsewhere', client: client.id, worker, connection: id, user: credential.user }];
  }
  const connection = bindable(core, id, credential.user);
  if (isRefused(connection)) return connection;
  core.connections.bound(connection);
  return [reply(answer, id), { do: 'bind-link', link: connection.link, client: client.id }];
}

/** Another worker's client wants a connection of ours. */
export function bindForElsewhere(core: Core, id: number, user: string): LinkId | Refusal {
  const connection = bindable(core, id, user);
  if (isRefused(connection)) return connection.refused;
  core.connections.bound(connection);
  return connection.link;
}

/** What another worker said about a connection of its own. True: the client's connection is to be joined with it. */
export function boundElsewhere(core: Core, client: ClientId, id: number, refusal: Refusal | undefined): Effect[] {
  const answer = core.connections.asked(client);
  if (answer === undefined) return [];
  return refusal === undefined ? [reply(answer, id)] : [...refuseWith(answer, refused(refusal))];
}

/** The connection, if it waits for this user. */
function bindable(core: Core, id: number, user: string): PeerConnection | Refused {
  const connection = core.connections.byId(id);
  if (connection?.state !== 'waiting') return refused('connection-unknown');
  return connection.allocation.credential.user === user ? connection : refused('wrong-credentials');
}

function reply(answer: Answer, id: number): Effect {
  return answer.reply(answer.succeed(w => w.uint32(ATTRIBUTES.ConnectionId, id)));
}
