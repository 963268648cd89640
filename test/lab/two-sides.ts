import { setTimeout as sleep } from 'node:timers/promises';
import {
  ATTRIBUTES,
  type Channel,
  METHODS,
  MessageWriter,
  MS_ATTRIBUTES,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../src/wire/index.ts';
import { MsStreamClient, type StreamKind } from '../testkit/ms-stream-client.ts';
import { MsReply, MsTalker } from '../testkit/ms-talker.ts';
import { type Spelling, spellingsOf, xorAsIPv6 } from '../testkit/spellings.ts';
import { endpoint, overTcp, overTls, overUdp, type TestPath, TurnTestClient } from '../testkit/turn-client.ts';

/*
 * Run by two-sides.test.ts in the namespace of a home: `node two-sides.ts EDGE TARGET,... PORT [RELAY]`. Tries every method, transport,
 * dialect and spelling to send something to the targets' UDP and TCP port, says what it did and was answered as one JSON object, and
 * last, to show that media does come in, sends one datagram to RELAY: a relayed address whose client is inside.
 */
const [edge = '', targetList = '', portText = '', relay] = process.argv.slice(2);
const targets = targetList.split(',');
const targetPort = Number(portText);
const PAYLOAD = Buffer.from('let me in');
const CREDENTIAL = { username: 'alice', password: 'wonderland' };
const TCP_TRANSPORT = 6;
/** Somebody on the Internet, whom anybody may permit. */
const BYSTANDER = withPort(parseIp('203.0.113.5')!, targetPort);
const answers: Record<string, number> = {};
let attempts = 0;
let channel = 0x4000;

const count = (answer: string) => {
  answers[answer] = (answers[answer] ?? 0) + 1;
};

for (const [name, open] of [
  ['udp', () => overUdp(3478, edge, '0.0.0.0')],
  ['tcp', () => overTcp(443, edge, '0.0.0.0')],
  ['tls', () => overTls(443, edge)],
] as const) {
  await tryStandard(name, await open());
  await tryTcpRelay(name, await open(), 4);
  await tryTcpRelay(name, await open(), 6);
}
await tryMicrosoft();
for (const kind of ['plain', 'pseudo-TLS'] as const) await tryMicrosoftStream(kind);
const control = relay === undefined ? undefined : await sendTo(endpoint(relay));
process.stdout.write(JSON.stringify({ attempts, answers, control }));
process.exit(0);

function peersOf(): { spelling: Spelling; peer: TransportAddress }[] {
  return targets.flatMap(target =>
    spellingsOf(parseIp(target)!).map(spelling => ({ spelling, peer: withPort(spelling.address, targetPort) })),
  );
}

function writePeer(w: MessageWriter, { asIPv6 }: Spelling, peer: TransportAddress): MessageWriter {
  if (!asIPv6) return w.xorAddress(ATTRIBUTES.XorPeerAddress, peer);
  return w.raw(ATTRIBUTES.XorPeerAddress, xorAsIPv6(peer, w.bytes.subarray(8, 20)));
}

async function tryStandard(name: string, path: TestPath): Promise<void> {
  const client = new TurnTestClient(path, CREDENTIAL);
  const both = await client.allocate({ dual: true });
  count(`${name} Allocate ${both.addresses(ATTRIBUTES.XorRelayedAddress).length} relays`);
  for (const { spelling, peer } of peersOf()) {
    const said = await client.request(METHODS.CreatePermission, w => writePeer(w, spelling, peer));
    count(`${name} CreatePermission ${said.summary}`);
    const id = crypto.getRandomValues(new Uint8Array(12));
    client.path.send(
      writePeer(new MessageWriter(new Uint8Array(256), 0, METHODS.Send, 1, id), spelling, peer).raw(
        ATTRIBUTES.Data,
        PAYLOAD,
      ).message,
    );
    const listed = await client.request(METHODS.CreatePermission, w =>
      writePeer(w.xorAddress(ATTRIBUTES.XorPeerAddress, BYSTANDER), spelling, peer),
    );
    count(`${name} CreatePermission of a list ${listed.summary}`);
    const number = channel++ as Channel;
    const bound = await client.request(METHODS.ChannelBind, w =>
      writePeer(w.uint16(ATTRIBUTES.ChannelNumber, number), spelling, peer),
    );
    count(`${name} ChannelBind ${bound.summary}`);
    client.sendOn(number, PAYLOAD);
    attempts += 5;
  }
  await client.refresh(0);
  await client.close();
}

/** RFC 6062: the connection that a relay of either family would make. */
async function tryTcpRelay(name: string, path: TestPath, family: 4 | 6): Promise<void> {
  const client = new TurnTestClient(path, CREDENTIAL);
  const allocated = await client.request(METHODS.Allocate, w => {
    w.raw(ATTRIBUTES.RequestedTransport, [TCP_TRANSPORT, 0, 0, 0]);
    if (family === 6) w.raw(ATTRIBUTES.RequestedAddressFamily, [2, 0, 0, 0]);
  });
  count(`${name} Allocate TCP over IPv${family} ${allocated.summary.split(' ').slice(0, 2).join(' ')}`);
  for (const { spelling, peer } of peersOf()) {
    const said = await client.request(METHODS.Connect, w => writePeer(w, spelling, peer));
    count(`${name} Connect ${said.summary}`);
    attempts++;
  }
  await client.close();
}

async function tryMicrosoft(): Promise<void> {
  const path = await overUdp(3478, edge, '0.0.0.0');
  const talker = new MsTalker(CREDENTIAL.username, CREDENTIAL.password);
  const got: Uint8Array[] = [];
  path.onMessage = bytes => got.push(bytes.slice());
  const exchange = async (message: Uint8Array) => {
    path.send(message);
    for (let i = 0; got.length === 0 && i < 400; i++) await sleep(5);
    return new MsReply(got.shift()!);
  };
  talker.learn(await exchange(talker.allocate()));
  const allocated = talker.learn(await exchange(talker.allocate()));
  count(`ms Allocate ${allocated.has(MS_ATTRIBUTES.MappedAddress) ? 'success' : `error ${allocated.code}`}`);
  for (const { spelling, peer } of peersOf()) {
    path.send(talker.send(peer, PAYLOAD));
    const said = await exchange(talker.setActive(peer));
    count(`ms Set Active Destination ${said.code === undefined ? 'success' : `error ${said.code}`}`);
    if (spelling.asIPv6) continue;
    path.send(PAYLOAD);
    attempts += 3;
  }
  const { code } = await exchange(talker.setActive(BYSTANDER));
  count(`ms to a bystander ${code ?? 'success'}`);
  await path.close();
}

/** The same on streams, where a frame around each packet says whether it is a message or goes to the active destination. */
async function tryMicrosoftStream(kind: StreamKind): Promise<void> {
  const client = await MsStreamClient.open(kind, 443, CREDENTIAL.username, CREDENTIAL.password, edge);
  await client.allocated();
  count(`ms ${kind} Allocate success`);
  for (const { spelling, peer } of peersOf()) {
    client.send(peer, PAYLOAD.toString());
    const said = await client.ask(client.talker.setActive(peer));
    count(`ms ${kind} Set Active Destination ${said.code === undefined ? 'success' : `error ${said.code}`}`);
    if (!spelling.asIPv6) client.bare(PAYLOAD);
    attempts += 3;
  }
  const { code } = await client.ask(client.talker.setActive(BYSTANDER));
  count(`ms ${kind} to a bystander ${code ?? 'success'}`);
  client.socket.destroy();
}

/** From a relay of our own to one whose client is inside, which has permitted us. */
async function sendTo(peer: TransportAddress): Promise<string> {
  const client = new TurnTestClient(await overUdp(3478, edge, '0.0.0.0'), CREDENTIAL);
  await client.relayed();
  const said = await client.permit(peer);
  for (let i = 0; i < 20 && client.arrived.length === 0; i++) {
    client.indicate(peer, PAYLOAD);
    await sleep(50);
  }
  await client.close();
  return `${said.summary}, ${client.arrived.length > 0 ? 'answered' : 'not answered'}`;
}
