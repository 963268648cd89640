import type { FastifyInstance } from 'fastify';
import type { AdminOptions, Readiness } from './admin.ts';

/** What balancers and monitoring ask, without a token: the listener is internal, and nothing here names a user. */
export function healthRoutes(app: FastifyInstance, options: AdminOptions): void {
  const ready = oneAtATime(options);

  app.get('/healthz', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }));

  app.get('/readyz', async (_request, reply) => {
    const readiness = await ready();
    return reply
      .code(readiness.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    const text = await options.metrics();
    return reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(text);
  });
}

/** A check makes an allocation: those who ask meanwhile share its answer, so asking often costs nothing. */
function oneAtATime({ ready, log }: AdminOptions): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  const check = async (): Promise<Readiness> => {
    try {
      return await ready();
    } catch (error) {
      log({ event: 'failed', route: '/readyz', error });
      return { ready: false, checks: { self: 'the check itself failed; the log says more' } };
    } finally {
      running = undefined;
    }
  };
  return () => {
    running ??= check();
    return running;
  };
}
