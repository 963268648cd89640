import type { OptionTest } from '../src/control/config/index.ts';

const ADMIN = 'test/admin-options.test.ts';
const EXTERNAL = 'test/options/external.test.ts';
const CREDENTIALS = 'test/options/credentials.test.ts';
const LIMITS = 'test/options/limits.test.ts';
const STREAMS = 'test/options/streams.test.ts';
const LIFETIMES = 'test/options/lifetimes.test.ts';
const TLS = 'test/options/tls.test.ts';
const SIDES = 'test/whole/two-sides.test.ts';
const INTERNAL_PORTS = 'the internal side has ports of its own, and only on its own address';
const LDAP = 'test/interop/ldap.test.ts';
const ACCESS = 'test/options/access.test.ts';
const ACCESS_PORTS =
  'each configured port speaks as its key says: SIP over TLS or TCP, or WebSockets with and without TLS';
const PROCESS = 'test/options/process.test.ts';

/**
 * For each option of the config file the test that fails when the option is ignored: it runs an edge, or the part that obeys the
 * option, with a value other than the default and sees the difference. `test` is the test's exact name; a row of `test.each` is
 * named by its template. docs/options.md shows this list.
 */
export const OPTION_TESTS: Readonly<Record<string, OptionTest>> = {
  realm: { file: EXTERNAL, test: 'clients are told the configured realm' },
  'external.address': {
    file: EXTERNAL,
    test: 'clients reach the edge at its configured addresses and nowhere else, and peers see it there',
  },
  'external.public': {
    file: 'test/whole/relay-to-relay.test.ts',
    test: 'clients are told the public address, and by it their relays meet within the edge',
  },
  'external.device': {
    file: EXTERNAL,
    test: 'the sockets of a side are bound to the network interface that is named for it, or the edge does not start',
  },
  'external.udp': { file: EXTERNAL, test: 'the edge answers on each configured UDP port' },
  'external.tcp': { file: EXTERNAL, test: 'the edge speaks TCP and TLS on each configured TCP port' },
  'external.peers.allow': { file: EXTERNAL, test: 'a network under peers.allow is opened, and nothing beside it' },
  'external.peers.deny': { file: EXTERNAL, test: 'a network under peers.deny is closed, and nothing beside it' },
  'internal.address': { file: SIDES, test: INTERNAL_PORTS },
  'internal.udp': { file: SIDES, test: INTERNAL_PORTS },
  'internal.tcp': { file: SIDES, test: INTERNAL_PORTS },
  'internal.networks': {
    file: SIDES,
    test: 'neither side relays into the enterprise, which is no peer even where the operator allows it',
  },
  'internal.device': {
    file: EXTERNAL,
    test: 'the sockets of a side are bound to the network interface that is named for it, or the edge does not start',
  },
  federation: {
    file: 'test/whole/federation.test.ts',
    test: 'connect by mutual TLS, and their users call each other and hang up, both ways, by one connection',
  },
  relayPorts: {
    file: EXTERNAL,
    test: 'relayed addresses have ports of the configured range, and when it is used up there are none',
  },
  'credentials.secrets': {
    file: CREDENTIALS,
    test: 'each configured secret lets in what it has minted, and no other does',
  },
  'credentials.users': {
    file: CREDENTIALS,
    test: 'a configured user gets in with the configured password, and with no other',
  },
  'credentials.lifetime': {
    file: CREDENTIALS,
    test: 'no credential is minted for longer or lives longer than the configured lifetime',
  },
  'admin.address': { file: ADMIN, test: 'the admin listener is on the configured address' },
  'admin.port': { file: ADMIN, test: 'the admin listener is on the configured port' },
  'admin.allowExternal': {
    file: 'src/control/config/sides.test.ts',
    test: '%s is where an admin listener may be',
  },
  'admin.token': { file: ADMIN, test: 'the configured token mints, and no other' },
  'tls.certificate': { file: TLS, test: 'TLS clients are shown the configured certificate, and sent to its name' },
  'tls.key': {
    file: TLS,
    test: 'the configured key is the one that is used: one that does not fit the certificate is refused at start',
  },
  'access.users': {
    file: ACCESS,
    test: 'who is in the configured file of users signs in, and who is added to it later; nobody else does',
  },
  'access.domain': {
    file: ACCESS,
    test: 'without a file the users of the configured domain are those of the server inside',
  },
  'access.name': {
    file: ACCESS,
    test: 'clients are led back by the configured name, and by that of the certificate without one',
  },
  'access.tls': { file: ACCESS, test: ACCESS_PORTS },
  'access.wss': { file: ACCESS, test: ACCESS_PORTS },
  'access.ws': { file: ACCESS, test: ACCESS_PORTS },
  'access.tcp': { file: ACCESS, test: ACCESS_PORTS },
  'access.origins': {
    file: ACCESS,
    test: 'pages of the configured origins may open WebSockets, our own too, and no others',
  },
  'access.internal': {
    file: ACCESS,
    test: 'the server inside is told of users that the file does not have, and asks for their passwords itself',
  },
  'access.authorities': {
    file: ACCESS,
    test: 'the certificate of a server inside has to be from one of the configured authorities, and in its name',
  },
  'access.dnsServers': {
    file: 'test/interop/federation-dns.test.ts',
    test: 'a partner is found by its SRV records, in their order, and one that does not answer is passed over',
  },
  'access.ldap.url': {
    file: LDAP,
    test: "a password is shown to the directory of the configured URL, inside TLS of the configured authorities and the directory's name",
  },
  'access.ldap.startTls': {
    file: LDAP,
    test: 'with startTls nothing is shown to an ldap:// server before TLS; without it, to one on this machine only',
  },
  'access.ldap.bind': { file: LDAP, test: 'users bind by the configured template' },
  'access.ldap.authorities': {
    file: LDAP,
    test: "a password is shown to the directory of the configured URL, inside TLS of the configured authorities and the directory's name",
  },
  'limits.allocations': {
    file: LIMITS,
    test: 'no more allocations than configured exist at once, whoever asks from wherever',
  },
  'limits.allocationsPerUser': {
    file: LIMITS,
    test: 'a user has no more allocations at once than configured, wherever they are; another user is not concerned',
  },
  'limits.allocationsPerPrefix': {
    file: LIMITS,
    test: 'a source network has no more allocations at once than configured, whoever asks; another is not concerned',
  },
  'limits.permissionsPerAllocation': {
    file: LIMITS,
    test: 'an allocation has permissions for no more peers than configured',
  },
  'limits.channelsPerAllocation': { file: LIMITS, test: 'an allocation has no more channels than configured' },
  'limits.connectionsPerAllocation': {
    file: LIMITS,
    test: 'an allocation has no more TCP connections with peers than configured',
  },
  'limits.answersPerSecond': {
    file: LIMITS,
    test: 'strangers of a source network are answered at the configured rate',
  },
  'limits.answersBurst': {
    file: LIMITS,
    test: 'strangers of a rested source network draw the configured burst at once',
  },
  'limits.amplification': {
    file: LIMITS,
    test: 'answers to strangers are as long as the configured factor allows, and no longer',
  },
  'limits.connections': {
    file: STREAMS,
    test: 'no more TCP connections than configured are open at once, from wherever',
  },
  'limits.connectionsPerPrefix': {
    file: STREAMS,
    test: 'no more TCP connections than configured are open from one source network; another is not concerned',
  },
  'limits.handshakesPerPrefix': {
    file: STREAMS,
    test: 'no more connections than configured may be silent at once in one source network; another is not concerned',
  },
  'limits.streamBuffer': {
    file: STREAMS,
    test: 'a slow reader has the configured room before its datagrams are dropped',
  },
  'lifetimes.allocation': {
    file: LIFETIMES,
    test: 'an allocation that asks for no lifetime gets the configured one, and none gets less',
  },
  'lifetimes.most': { file: LIFETIMES, test: 'no client is granted more than the longest configured lifetime at once' },
  'lifetimes.idle': {
    file: LIFETIMES,
    test: 'an allocation of the Microsoft dialect over TCP ends when it has carried nothing for the configured time',
  },
  'lifetimes.nonce': { file: LIFETIMES, test: 'a nonce older than the configured lifetime is stale' },
  engines: { file: PROCESS, test: 'the edge runs on the configured engine, and refuses one it does not have' },
  workers: {
    file: 'test/whole/workers.test.ts',
    test: 'the configured number of workers serves, and one is no supervisor at all',
  },
  'log.level': { file: PROCESS, test: 'no log line is written below the configured level' },
};
