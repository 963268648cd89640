import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Millis } from '../../wire/index.ts';
import { OperatorError } from '../errors.ts';
import { type AccessInfo, accessInfoRoute } from './access-routes.ts';
import { pageRoutes } from './pages.ts';
import { problem } from './problem.ts';

export interface AccessCredentials {
  /** `sip:alice@example.test` */
  readonly user: string;
  readonly iceServers: readonly unknown[];
  readonly expiresAt: Millis;
  readonly lifetimeSeconds: number;
  /** For users whose passwords we do not know: what signs them in over SIP, as username of digests and password. */
  readonly sip?: { readonly user: string; readonly password: string; readonly expiresAt: Millis };
}

export type DirectoryDenial =
  | 'wrong-password'
  | 'locked-out'
  | 'directory-failed'
  | 'directory-busy'
  | 'registrar-full';
export type AccessDenial = DirectoryDenial | 'wrong-side' | 'password-in-the-clear';

export interface AccessAppOptions {
  readonly info: () => AccessInfo;
  /** Pages besides our own that may ask, by origin. */
  readonly origins: readonly string[];
  /** Credentials for the relay, for whoever knows the password. */
  readonly credentials: (username: string, password: string, from: Socket) => Promise<AccessCredentials | AccessDenial>;
  readonly pages: string | undefined;
  readonly onFailed: (error: unknown) => void;
}

const DENIED: Readonly<Record<AccessDenial, readonly [status: number, detail: string]>> = {
  'wrong-password': [401, 'wrong user or password'],
  'locked-out': [429, 'too many wrong passwords: try again in a minute'],
  'wrong-side': [403, 'this user may not sign in from here'],
  'password-in-the-clear': [403, 'passwords are taken over TLS only'],
  'directory-failed': [503, 'the directory of users does not answer: try again in a minute'],
  'directory-busy': [503, 'too many sign in at the same moment: try again'],
  'registrar-full': [503, 'too many users are signed in'],
};
const HEADERS = 8_192;

/**
 * What browsers are served on the Access Edge's own ports: the page, and credentials for the relay. It listens nowhere: connections
 * are handed to its server, which WebSockets share.
 */
export function accessApp(options: AccessAppOptions): FastifyInstance {
  const app = Fastify({
    logger: false, // request lines may hold what is nobody's business
    bodyLimit: 1024,
    serverFactory: handler => createServer({ maxHeaderSize: HEADERS, keepAliveTimeout: 5_000 }, handler) as Server,
  });
  app.removeAllContentTypeParsers();
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
  });
  app.setNotFoundHandler((_request, reply) => problem(reply, 404, 'there is nothing here'));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof OperatorError) return problem(reply, 409, error.message);
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) return problem(reply, status, 'the request is not understood');
    options.onFailed(error);
    return problem(reply, 500, 'the log says more');
  });
  accessInfoRoute(app, options.info);
  credentialsRoute(app, options);
  pageRoutes(app, { pages: options.pages, access: options.info });
  return app;
}

function credentialsRoute(app: FastifyInstance, { origins, credentials }: AccessAppOptions): void {
  const path = '/v1/access/credentials';
  const isWelcome = ({ headers: { origin, host } }: FastifyRequest) =>
    origin === undefined || origins.includes(origin) || URL.parse(origin)?.host === host;
  const sharing = (request: FastifyRequest, reply: FastifyReply) => {
    const { origin } = request.headers;
    if (origin === undefined || !isWelcome(request)) return;
    reply.header('access-control-allow-origin', origin).header('vary', 'origin');
  };

  // browsers ask first when the page is another's, as that of the admin listener is (Fetch §4.8)
  app.options(path, (request, reply) => {
    sharing(request, reply);
    return reply
      .code(204)
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', 'authorization')
      .header('access-control-max-age', '600')
      .send();
  });

  app.post(path, async (request, reply) => {
    if (!isWelcome(request)) return problem(reply, 403, 'pages of this origin may not ask');
    sharing(request, reply);
    const said = basicIn(request.headers.authorization);
    if (said === undefined) return problem(reply, 401, 'show user and password as HTTP Basic');
    const granted = await credentials(said.username, said.password, request.socket);
    if (typeof granted === 'string') return problem(reply, ...DENIED[granted]);
    return reply.code(201).header('cache-control', 'no-store').send(granted);
  });
}

/** RFC 7617, in UTF-8. */
function basicIn(header: string | undefined): { username: string; password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(header ?? '') ?? [];
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
