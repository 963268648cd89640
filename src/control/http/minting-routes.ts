import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AdminOptions, Minted } from './admin.ts';
import { complaint, mintRequest, turnRestQuery } from './bodies.ts';
import { problem } from './problem.ts';
import { TokenGuard, type Verdict } from './token-guard.ts';

/** The two ways to ask for a credential; both need the token, and are refused before their body is read without it. */
export function mintingRoutes(app: FastifyInstance, options: AdminOptions): void {
  const guard = new TokenGuard(options.token, options.now);
  const guarded = (tokenOf: (request: FastifyRequest) => string | undefined) => ({
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      const verdict = guard.check(tokenOf(request), request.ip);
      return verdict === 'accepted' ? undefined : refuse(request, reply, verdict, options);
    },
  });

  app.post('/v1/credentials', guarded(bearer), (request, reply) => {
    const asked = mintRequest.safeParse(request.body);
    if (!asked.success) return badRequest(request, reply, complaint(asked.error), options);
    const { user, lifetimeSeconds, dialect, side } = asked.data;
    if (!options.sides.includes(side)) return badRequest(request, reply, NO_INSIDE, options);
    const isMs = dialect === 'ms';
    const minted = isMs ? options.mintRelayToken(user, lifetimeSeconds, side) : options.mint(user, lifetimeSeconds);
    return answer(request, reply, user, minted, () => ({
      ...(isMs
        ? { mediaRelays: options.mediaRelays(side) }
        : { iceServers: options.iceServers(minted, side, request.headers.host) }),
      username: minted.username,
      password: minted.password,
      expiresAt: minted.expiresAt,
      lifetimeSeconds: minted.lifetimeSeconds,
    }));
  });

  // The shape of draft-uberti-behave-turn-rest, which existing applications ask for.
  app.get('/turn', guarded(bearerOrKey), (request, reply) => {
    const asked = turnRestQuery.safeParse(request.query);
    if (!asked.success) return badRequest(request, reply, complaint(asked.error), options);
    const { username: user = '', side } = asked.data;
    if (!options.sides.includes(side)) return badRequest(request, reply, NO_INSIDE, options);
    return answer(request, reply, user, options.mint(user, undefined), ({ username, password, lifetimeSeconds }) => ({
      username,
      password,
      ttl: lifetimeSeconds,
      uris: options.uris(side, request.headers.host),
    }));
  });

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    user: string,
    minted: Minted,
    body: (minted: Minted) => object,
  ): FastifyReply {
    options.log({ event: 'minted', route: routeOf(request), user, lifetimeSeconds: minted.lifetimeSeconds });
    const status = request.method === 'POST' ? 201 : 200;
    return reply.code(status).header('cache-control', 'no-store').send(body(minted));
  }
}

const NO_INSIDE = 'side: this edge has no internal side';

function bearer(request: FastifyRequest): string | undefined {
  return /^bearer +(.+?) *$/i.exec(request.headers.authorization ?? '')?.[1];
}

function bearerOrKey(request: FastifyRequest): string | undefined {
  const { key } = request.query as { key?: unknown };
  return bearer(request) ?? (typeof key === 'string' ? key : undefined);
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  reason: Exclude<Verdict, 'accepted'>,
  { log }: AdminOptions,
): FastifyReply {
  log({ event: 'refused', route: routeOf(request), reason, from: request.ip });
  if (reason === 'too-many-failures') {
    return problem(reply.header('retry-after', '6'), 429, 'too many wrong tokens from this address');
  }
  return problem(
    reply.header('www-authenticate', 'Bearer'),
    401,
    'send the admin token as Authorization: Bearer TOKEN',
  );
}

function badRequest(request: FastifyRequest, reply: FastifyReply, detail: string, { log }: AdminOptions): FastifyReply {
  log({ event: 'refused', route: routeOf(request), reason: 'bad-request', from: request.ip });
  return problem(reply, 400, detail);
}

export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none';
}
