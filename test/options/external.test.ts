import { afterEach, expect, test } from 'vitest';
import { ATTRIBUTES, formatIp, METHODS } from '../../src/wire/index.ts';
import { Edges } from '../testkit/edges.ts';
import { freePortPair, freeTcpPort, isFree } from '../testkit/free-ports.ts';
import { requires } from '../testkit/requires.ts';
import { endpoint, overTcp, overTls, overUdp } from '../testkit/turn-client.ts';
import { NATIVE } from '../testkit/workers-bench.ts';

const edges = new Edges();
afterEach(() => edges.close());

test('clients reach the edge at its configured addresses and nowhere else, and peers see it there', async () => {
  const port = await freePortPair('127.0.0.1');
  await edges.start({ external: { address: ['127.0.0.3', '::1'], udp: port } });
  expect(formatIp(await edges.client(await overUdp(port, '127.0.0.3')).relayed())).toBe('127.0.0.3');
  expect(formatIp(await edges.client(await overUdp(port, '::1')).relayed({ family: 6 }))).toBe('::1');
  expect(await isFree('127.0.0.1', port)).toBe(true);
});

test('the edge answers on each configured UDP port', async () => {
  const first = await freePortPair('127.0.0.1');
  const edge = await edges.start({ external: { udp: [first, first + 1] } });
  expect(edge.ports.udp).toEqual([first, first + 1]);
  for (const port of edge.ports.udp) expect(await edges.client(await overUdp(port)).isAnswered()).toBe(true);
});

test('the edge speaks TCP and TLS on each configured TCP port', async () => {
  const ports = [await freeTcpPort(), await freeTcpPort()];
  const edge = await edges.start({ external: { udp: [], tcp: ports } });
  expect(edge.ports).toMatchObject({ udp: [], tcp: ports });
  for (const port of ports) {
    for (const path of [await overTcp(port), await overTls(port)]) {
      expect(formatIp(await edges.client(path).relayed())).toBe('127.0.0.1');
    }
  }
});

test('a network under peers.allow is opened, and nothing beside it', async () => {
  const edge = await edges.start({ external: { peers: { allow: ['127.7.0.0/16'] } } });
  const client = await edges.udp(edge);
  await client.relayed();
  expect((await client.permit(endpoint('127.7.1.1:4000'))).summary).toBe('success');
  expect((await client.permit(endpoint('127.8.1.1:4000'))).summary).toBe('error 403');
});

test('a network under peers.deny is closed, and nothing beside it', async () => {
  const edge = await edges.start({ external: { peers: { deny: ['9.9.9.0/24'] } } });
  const client = await edges.udp(edge);
  await client.relayed();
  expect((await client.permit(endpoint('9.9.9.9:4000'))).summary).toBe('error 403');
  expect((await client.permit(endpoint('9.9.8.9:4000'))).summary).toBe('success');
});

test('relayed addresses have ports of the configured range, and when it is used up there are none', async () => {
  const first = await freePortPair('127.0.0.1');
  const edge = await edges.start({ relayPorts: `${first}-${first + 1}` });
  const clients = [await edges.udp(edge), await edges.udp(edge), await edges.udp(edge)];
  const ports = [await clients[0]!.relayed(), await clients[1]!.relayed()].map(relay => relay.port);
  expect(new Set(ports)).toEqual(new Set([first, first + 1]));
  expect((await clients[2]!.allocate()).summary).toBe('error 508');
});

test('clients are told the configured realm', async () => {
  const edge = await edges.start({ realm: 'north.test' });
  const client = await edges.udp(edge);
  const challenge = await client.exchange(
    client.talker.request(METHODS.Allocate, w => w.raw(ATTRIBUTES.RequestedTransport, [17, 0, 0, 0])),
  );
  expect([challenge.code, challenge.text(ATTRIBUTES.Realm)]).toEqual([401, 'north.test']);
});

test('the sockets of a side are bound to the network interface that is named for it, or the edge does not start', async context => {
  requires(context, NATIVE);
  const edge = await edges.start({ external: { device: 'lo', tcp: 0 } });
  expect(formatIp(await edges.client(await overTcp(edge.ports.tcp[0]!)).relayed())).toBe('127.0.0.1');
  const internal = { address: '127.1.0.10', networks: ['127.1.0.0/16'], udp: 0, tcp: [] };
  for (const differences of [
    { external: { device: 'no-such-device' } },
    { external: { device: 'no-such-device', udp: [], tcp: 0 } },
    { internal: { ...internal, device: 'no-such-device' } },
    { internal: { ...internal, device: 'no-such-device', udp: [], tcp: 0 } },
  ]) {
    await expect(edges.start(differences)).rejects.toMatchObject({ code: 'SALLYPORT_DEVICE_NOT_HERE' });
  }
  await expect(edges.start({ external: { device: 'lo' }, engines: ['dgram'] })).rejects.toMatchObject({
    code: 'SALLYPORT_NO_ENGINE',
    message: expect.stringContaining('network interface'),
  });
});
