import type { FastifyInstance } from 'fastify';

/** What a page has to know before it signs anybody in. */
export interface AccessInfo {
  readonly domain: string;
  /** `wss://HOST:PORT/`; undefined when no port is for browsers. */
  readonly webSocket: string | undefined;
}

/** On the admin listener and on the Access Edge's own ports: the page is the same. Where there is no phone to be had it hides its tab. */
export function accessInfoRoute(app: FastifyInstance, access: () => AccessInfo | undefined): void {
  app.get('/v1/access', (_request, reply) => {
    const { domain, webSocket } = access() ?? {};
    // no failure: browsers write those in red into the console of whoever looks at the call page
    if (webSocket === undefined) return reply.code(204).send();
    return reply.header('cache-control', 'no-store').send({ domain, webSocket });
  });
}

/** What else than itself a page may talk to. */
export function connectSources(access: AccessInfo | undefined): string[] {
  if (access?.webSocket === undefined) return [];
  const { host, protocol } = new URL(access.webSocket);
  return [`${protocol}//${host}`, `${protocol.replace('ws', 'http')}//${host}`];
}
