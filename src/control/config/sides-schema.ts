import { z } from 'zod';
import { sipDomain, splitHostPort } from '../../wire/index.ts';
import { count, oneOrMany, ownIp, port, prefix, problem } from './scalars.ts';

const udp = oneOrMany(port).prefault(3478);
const tcp = oneOrMany(port).prefault(443);

const device = z
  .string()
  // What Linux takes: at most 15 characters, and none that would be part of a path (dev_valid_name).
  .regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/, 'must be the name of a network interface, such as eth0')
  .optional();

export const external = z
  .strictObject({
    address: oneOrMany(ownIp)
      .refine(list => list.length > 0, 'at least one address is needed')
      .describe(
        'The address of this machine that clients reach and peers see, or a list (IPv4 and IPv6). No wildcards: clients are told it.',
      ),
    public: oneOrMany(ownIp)
      .optional()
      .describe(
        'What a NAT in front translates each address to, in the order of `address`; one that is not translated is repeated. Clients are told these instead.',
      ),
    device: device.describe(
      'The network interface that packets of this side come and go by, whatever the routes say (SO_BINDTODEVICE; Linux, engine mmsg).',
    ),
    udp: udp.describe('UDP ports for STUN and TURN on each address. An empty list: none. 0: any free port.'),
    tcp: tcp.describe('TCP ports; plain STUN and TLS share each. An empty list: none. 0: any free port.'),
    peers: z
      .strictObject({
        allow: z
          .array(prefix)
          .prefault([])
          .describe(
            'Networks that peers may be in although the safe default denies them. The longest matching prefix decides.',
          ),
        deny: z
          .array(prefix)
          .prefault([])
          .describe(
            'Networks that peers may not be in although the safe default allows them. The longest matching prefix decides.',
          ),
      })
      .prefault({})
      .describe('Whom clients may exchange data with. By default only public unicast addresses.'),
  })
  .describe('The side that faces the Internet.');

export const internal = z
  .strictObject({
    address: oneOrMany(ownIp)
      .refine(list => list.length > 0, 'at least one address is needed')
      .describe('The address of this machine that clients inside reach, or a list. No NAT lies on this side.'),
    udp: udp.describe('UDP ports for STUN and TURN on each internal address. An empty list: none. 0: any free port.'),
    tcp: tcp.describe('TCP ports on each internal address, as external.tcp. An empty list: none. 0: any free port.'),
    networks: z
      .array(prefix)
      .min(1)
      .describe('The networks of the enterprise. Nothing is ever relayed to an address in them.'),
    device: device.describe('The network interface of this side, as external.device.'),
  })
  .describe('The side that faces the enterprise. Its clients are relayed through the external side like all others.');

/** What partners' edges can be. */
export const FEDERATION_KINDS = ['lync', 'ocs2007r2', 'ocs2007', 'standard'] as const;

/** Where a SIP edge is. */
export interface EdgeAddress {
  /** In lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

const domain = z.string().transform((text, ctx): string => {
  return sipDomain(text) ?? problem(ctx, `"${text}" is no domain`, 'write it as contoso.example, without wildcards');
});

const edge = z.string().transform((text, ctx): EdgeAddress => {
  const parsed = splitHostPort(text);
  if (parsed === undefined || parsed.port === 0)
    return problem(ctx, `"${text}" is no host and port`, 'write it as sip.contoso.example:5061');
  return { host: parsed.host.replace(/^\[|\]$/g, ''), port: parsed.port ?? 5061 };
});

/** What a partner runs: it decides which ports media to and from it use. */
export const federation = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(
          /^[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i,
          'must be a domain such as contoso.example',
        )
        .max(253),
      kind: z.enum(FEDERATION_KINDS),
      addresses: z.array(prefix).prefault([]),
      sip: z.boolean().prefault(true),
      domains: oneOrMany(domain)
        .refine(list => list.length > 0, 'at least one domain is needed')
        .optional(),
      edge: edge.optional(),
      connections: count(1, 1000).prefault(8),
      transactions: count(1, 100_000).prefault(500),
      requestsPerSecond: count(1, 100_000).prefault(100),
    }),
  )
  .prefault([])
  .describe(
    'Partners whose edges this one exchanges media with: name, kind (lync, ocs2007r2, ocs2007 or standard) and, to narrow firewall rules, addresses. With an Access Edge their users and ours call each other, unless `sip: false`: domains (by default the name), edge (HOST:PORT; by default found in DNS), and their limits: connections (8), transactions (500), requestsPerSecond (100).',
  );
