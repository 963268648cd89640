import type { FastifyReply } from 'fastify';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Nothing to mint with',
  413: 'Body too large',
  415: 'Unsupported media type',
  429: 'Too many failures',
  500: 'Internal error',
  503: 'Not ready',
};

/** An error answer as RFC 9457 describes. `detail` is for the caller: it holds no secret and no stack. */
export function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const body = { type: 'about:blank', title: TITLES[status] ?? 'Refused', status, detail };
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .send(body);
}
