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
    const minted = mint(options, '/v1/credentials', asked.data.user, asked.data.lifetimeSeconds);
    const { username, password, expiresAt, lifetimeSeconds } = minted;
    const iceServers = options.iceServers(minted, request.headers.host);
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({ iceServers, username, password, expiresAt, lifetimeSeconds });
  });

  // The shape of draft-uberti-behave-turn-rest, which existing applications ask for.
  app.get('/turn', guarded(bearerOrKey), (request, reply) => {
    const asked = turnRestQuery.safeParse(request.query);
    if (!asked.success) return badRequest(request, reply, complaint(asked.error), options);
    const { username, password, lifetimeSeconds } = mint(
      options,
      '/turn',
      asked.data.username ?? 'anonymous',
      undefined,
    );
    const uris = options.uris(request.headers.host);
    return reply.header('cache-control', 'no-store').send({ username, password, ttl: lifetimeSeconds, uris });
  });
}

function mint(options: AdminOptions, route: string, user: string, lifetimeSeconds: number | undefined): Minted {
  const minted = options.mint(user, lifetimeSeconds);
  options.log({ event: 'minted', route, user, lifetimeSeconds: minted.lifetimeSeconds });
  return minted;
}

function bearer(request: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
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
  log({ event: 'refused', route: request.routeOptions.url ?? 'none', reason, from: request.ip });
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
  log({ event: 'refused', route: request.routeOptions.url ?? 'none', reason: 'bad-request', from: request.ip });
  return problem(reply, 400, detail);
}
