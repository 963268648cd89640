import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { type AccessInfo, connectSources } from './access-routes.ts';
import type { AdminOptions } from './admin.ts';
import { problem } from './problem.ts';

/** Scripts and styles of our own only, requests to us and the Access Edge, and no other site may frame the page. */
const securityPolicy = (access: AccessInfo | undefined) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "media-src 'self' blob:",
    ["connect-src 'self'", ...connectSources(access)].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The call page and its files. The page asks for the token itself; nothing secret is in it. */
export function pageRoutes(app: FastifyInstance, { pages, access }: Pick<AdminOptions, 'pages' | 'access'>): void {
  if (pages === undefined) {
    app.get('/', (_request, reply) => problem(reply, 404, 'the call page is not built; `npm run build:web` makes it'));
    return;
  }
  app.register(fastifyStatic, {
    root: pages,
    index: ['index.html'],
    dotfiles: 'ignore',
    decorateReply: false,
    setHeaders: reply => {
      reply.header('content-security-policy', securityPolicy(access()));
      reply.header('permissions-policy', 'camera=(self), microphone=(self), display-capture=(self)');
    },
  });
}
