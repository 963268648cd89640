import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AdminOptions } from './admin.ts';
import {
  accessBody,
  mintRequest,
  mintResponse,
  problemBody,
  readiness,
  turnRestQuery,
  turnRestResponse,
} from './bodies.ts';

/** The admin API, described for machines. docs/openapi.json is a copy; a test compares both with the routes. */
export function openApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport admin API',
      version,
      description:
        'Served on the admin listener only. Minting needs the admin token; health and metrics do not: keep the listener internal.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'admin.token of the configuration' },
        key: { type: 'apiKey', in: 'query', name: 'key', description: 'The same token, for /turn only' },
      },
      schemas: {
        MintRequest: schemaOf(mintRequest),
        Minted: schemaOf(mintResponse),
        TurnRest: schemaOf(turnRestResponse),
        Access: schemaOf(accessBody),
        Readiness: schemaOf(readiness),
        Problem: schemaOf(problemBody),
      },
    },
    paths: { ...mintingPaths(), ...accessPaths(), ...healthPaths(), ...documentPaths() },
  };
}

export function openApiRoute(app: FastifyInstance, { version }: AdminOptions): void {
  const document = openApi(version);
  app.get('/v1/openapi.json', (_request, reply) => reply.send(document));
}

function mintingPaths() {
  const refusals = {
    400: refusal('The request is not understood.'),
    401: refusal('No token, or a wrong one.'),
    409: refusal('The configuration has no secret to mint with.'),
    429: refusal('Too many wrong tokens from this address.'),
  };
  return {
    '/v1/credentials': {
      post: {
        operationId: 'mintCredential',
        summary: 'Mint a time-limited TURN credential',
        security: [{ bearer: [] }],
        requestBody: { required: true, content: json('MintRequest') },
        responses: {
          201: answer('The credential, and iceServers to use it with.', 'Minted'),
          ...refusals,
          413: refusal('The body is too large.'),
          415: refusal('The body is not application/json.'),
        },
      },
    },
    '/turn': {
      get: {
        operationId: 'turnRest',
        summary: 'The same in the shape of draft-uberti-behave-turn-rest',
        security: [{ bearer: [] }, { key: [] }],
        parameters: queryParameters(),
        responses: { 200: answer('The credential.', 'TurnRest'), ...refusals },
      },
    },
  };
}

function accessPaths() {
  return {
    '/v1/access': {
      get: {
        operationId: 'accessEdge',
        summary: 'Where browsers sign in over SIP',
        responses: {
          200: answer('The domain, and the WebSocket.', 'Access'),
          204: { description: 'There is no Access Edge, or none with a port for browsers.' },
        },
      },
    },
  };
}

function healthPaths() {
  return {
    '/healthz': {
      get: {
        operationId: 'live',
        summary: 'Whether the process answers',
        responses: { 200: { description: 'It does.' } },
      },
    },
    '/readyz': {
      get: {
        operationId: 'ready',
        summary: 'Whether an allocation made now relays a datagram',
        responses: {
          200: answer('It does.', 'Readiness'),
          503: answer('It does not; the checks say why.', 'Readiness'),
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        summary: 'Metrics in the text format of Prometheus',
        responses: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
  };
}

function documentPaths() {
  return {
    '/v1/openapi.json': {
      get: { operationId: 'openApi', summary: 'This document', responses: { 200: { description: 'This document.' } } },
    },
  };
}

/** `key` is described as a security scheme. */
function queryParameters() {
  const { properties = {}, required = [] } = schemaOf(turnRestQuery) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties)
    .filter(([name]) => name !== 'key')
    .map(([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      description,
      schema,
    }));
}

function answer(description: string, schema: string) {
  return { description, content: json(schema) };
}

function refusal(description: string) {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

function json(schema: string) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
