import Fastify, { type FastifyInstance } from 'fastify';
import type { Millis } from '../../wire/index.ts';
import type { AdminEvent } from '../admin-events.ts';
import { OperatorError } from '../errors.ts';
import { type AccessInfo, accessInfoRoute } from './access-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { mintingRoutes, routeOf } from './minting-routes.ts';
import { openApiRoute } from './openapi.ts';
import { pageRoutes } from './pages.ts';
import { problem } from './problem.ts';

export interface Minted {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: Millis;
  readonly lifetimeSeconds: number;
}

export type Side = 'external' | 'internal';

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

export interface AdminOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** The bearer token that mints credentials. */
  readonly token: string;
  readonly version: string;
  /** The sides that there are. */
  readonly sides: readonly Side[];
  /**
   * A lifetime above the configured one is cut to it; an empty user is nobody in particular. An OperatorError, as when there is no
   * secret, is answered 409 with its message.
   */
  readonly mint: (user: string, lifetimeSeconds: number | undefined) => Minted;
  /** The same for clients of the Microsoft dialect. */
  readonly mintRelayToken: (user: string, lifetimeSeconds: number | undefined, side: Side) => Minted;
  readonly mediaRelays: (
    side: Side,
  ) => readonly { readonly host: string; readonly udpPort: number; readonly tcpPort?: number }[];
  /** TURN URIs, for the host that the caller used when the edge has no better name. */
  readonly uris: (side: Side, hostHeader?: string) => readonly string[];
  readonly iceServers: (minted: Minted, side: Side, hostHeader?: string) => readonly unknown[];
  readonly metrics: () => Promise<string>;
  readonly ready: () => Promise<Readiness>;
  /** The Access Edge that belongs to it; undefined when there is none. */
  readonly access: () => AccessInfo | undefined;
  /** Folder of the built web pages; undefined when there are none. */
  readonly pages: string | undefined;
  readonly log: (event: AdminEvent) => void;
  readonly now: () => Millis;
}

export interface Admin {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the admin listener. Rejects with the socket's own error when it can't be opened. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const app = buildAdmin(options);
  try {
    await app.listen({ host: options.address, port: options.port });
  } catch (error) {
    await app.close();
    throw error;
  }
  const bound = app.server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the admin listener has no address');
  return { address: bound.address, port: bound.port, close: () => app.close() };
}

/** The admin API without a listener. `onRoute` sees every route as it is added. */
export function buildAdmin(options: AdminOptions, onRoute?: (method: string, url: string) => void): FastifyInstance {
  const app = Fastify({
    logger: false, // request lines hold `?key=`
    bodyLimit: 4096,
    connectionTimeout: 10_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    forceCloseConnections: true,
    http: { maxHeaderSize: 8192, headersTimeout: 5000, connectionsCheckingInterval: 1000 },
  });
  app.server.maxConnections = 256;
  app.removeContentTypeParser('text/plain');
  app.addHook('onRoute', route => {
    for (const method of [route.method].flat()) onRoute?.(method, route.url);
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
  });
  errorAnswers(app, options);
  mintingRoutes(app, options);
  healthRoutes(app, options);
  accessInfoRoute(app, options.access);
  openApiRoute(app, options);
  pageRoutes(app, options);
  return app;
}

/** What went wrong is told to the log; the caller learns whose mistake it was. */
function errorAnswers(app: FastifyInstance, { log }: AdminOptions): void {
  app.setNotFoundHandler((_request, reply) => problem(reply, 404, 'there is nothing here; see /v1/openapi.json'));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const route = routeOf(request);
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) {
      log({ event: 'refused', route, reason: 'bad-request', from: request.ip });
      return problem(reply, status, DETAILS[status] ?? 'the request is not understood');
    }
    if (error instanceof OperatorError) return problem(reply, 409, error.message);
    log({ event: 'failed', route, error });
    return problem(reply, 500, 'the log says more');
  });
}

const DETAILS: Readonly<Record<number, string>> = {
  400: 'the body is not valid JSON',
  413: 'the body may have 4096 bytes',
  415: 'send application/json',
};
