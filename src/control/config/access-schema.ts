import { z } from 'zod';
import { isSipHost, isSipUri, parseIp, readUri } from '../../wire/index.ts';
import { ldap } from './ldap-schema.ts';
import { oneOrMany, port, problem } from './scalars.ts';

/** A SIP server inside, where requests go for users that the edge does not know. */
export interface ServerInside {
  readonly transport: 'TLS' | 'TCP';
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** As it was written. */
  readonly uri: string;
}

const PORTS = { TLS: 5061, TCP: 5060 } as const;
const EXAMPLE = 'write it as sip:pool.example.com;transport=tls';

const host = z
  .string()
  .toLowerCase()
  .refine(text => isSipHost(text) && !text.endsWith('.'), 'must be a name such as sip.example.com');

const serverInside = z.string().transform((text, ctx): ServerInside => {
  const uri = readUri(text);
  if (uri === undefined || !isSipUri(uri)) return problem(ctx, `"${text}" is no SIP URI`, EXAMPLE);
  if (uri.user !== undefined) return problem(ctx, 'a server has no user', EXAMPLE);
  const said = uri.params.get('transport')?.toUpperCase() ?? (uri.scheme === 'sips' ? 'TLS' : 'TCP');
  if (said !== 'TLS' && said !== 'TCP')
    return problem(
      ctx,
      `transport=${said.toLowerCase()} is not spoken to servers`,
      'write transport=tls or transport=tcp',
    );
  return { transport: said, host: uri.host.replace(/^\[|\]$/g, ''), port: uri.port ?? PORTS[said], uri: text };
});

const origin = z.string().transform((text, ctx): string => {
  const parsed = URL.parse(text)?.origin;
  if (parsed !== undefined && parsed !== 'null' && parsed === text.toLowerCase().replace(/\/$/, '')) return parsed;
  return problem(ctx, `"${text}" is no origin`, 'write scheme and host, such as https://phone.example.com');
});

const nameServer = z.string().refine(text => {
  const [, host = text, port = '53'] = /^(\[.*\]|[^:]*):([0-9]{1,5})$/.exec(text) ?? [];
  return parseIp(host.replace(/^\[|\]$/g, '')) !== undefined && Number(port) > 0 && Number(port) <= 0xffff;
}, 'must be an address such as 192.0.2.53 or 192.0.2.53:5353');

export const access = z
  .strictObject({
    users: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The file of users that `sallyport users` writes; its domain is the SIP domain. Read again when it changes. Not needed where access.internal has all of them.',
      ),
    domain: host
      .optional()
      .describe('The SIP domain. Needed without a file of users only; that of the file is the same.'),
    name: host
      .optional()
      .describe(
        "The name by which clients reach the Access Edge; it has to be in the certificate. By default the certificate's first.",
      ),
    tls: oneOrMany(port)
      .prefault(5061)
      .describe('TCP ports for SIP over TLS, on each address of both sides. An empty list: none. 0: any free port.'),
    wss: oneOrMany(port)
      .prefault(8443)
      .describe(
        'TCP ports for browsers, on each address of both sides: SIP over secure WebSockets, the web phone, and credentials over HTTPS. An empty list: none.',
      ),
    ws: oneOrMany(port)
      .prefault([])
      .describe('The same without TLS, for a proxy in front: on internal addresses and loopback only.'),
    tcp: oneOrMany(port)
      .prefault([])
      .describe('TCP ports for SIP without TLS: on internal addresses and loopback only.'),
    origins: z
      .array(origin)
      .prefault([])
      .describe("Web pages, besides the edge's own, that may sign users in, such as https://phone.example.com."),
    internal: serverInside
      .optional()
      .describe(
        'The SIP server inside that has the users whom the file does not: sip:HOST:PORT;transport=tls or tcp. On internal listeners its requests need no password.',
      ),
    authorities: z
      .string()
      .min(1)
      .optional()
      .describe("PEM file with the authorities whose certificates servers may present to us. By default the system's."),
    dnsServers: z
      .array(nameServer)
      .prefault([])
      .describe(
        "Name servers that say where the edges of federation partners are: ADDRESS or ADDRESS:PORT. By default the system's.",
      ),
    ldap: ldap.optional(),
  })
  .describe('The Access Edge: SIP sign-in, credentials for the relay, and calls. None unless this is present.');
