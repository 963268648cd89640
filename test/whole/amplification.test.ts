import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEdge, type Edge } from '../../src/index.ts';
import {
  ATTRIBUTES as A,
  CLASSES,
  MS_ATTRIBUTES as MA,
  METHODS,
  MessageWriter,
  MS_TYPES as MS,
  MsMessageWriter,
  PROTOCOL_UDP,
} from '../../src/wire/index.ts';

/*
 * Everything a stranger may send, what comes back, and how much of it: docs/amplification.md is written by this test (`-u`) and
 * compared with what is measured each time. The bound is the mission's: twice the UDP payload.
 */

const BOUND = 2;
const SILENCE_MILLIS = 120;

type Build = (w: MessageWriter) => MessageWriter;
interface Message {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const transport: Build = w => w.raw(A.RequestedTransport, [PROTOCOL_UDP, 0, 0, 0]);
const padded: Build = w => transport(w).text(A.Software, 'a client that says at length what it is');
const forged: Build = w =>
  w
    .text(A.Username, 'alice')
    .text(A.Realm, 'example.test')
    .text(A.Nonce, 'AAAAAAAA')
    .integrity(Buffer.from('no key of ours'));

const MESSAGES: readonly Message[] = [
  request('Binding', METHODS.Binding),
  request('Binding with FINGERPRINT', METHODS.Binding, w => w.fingerprint()),
  request('Binding with SOFTWARE (12 bytes)', METHODS.Binding, w => w.text(A.Software, 'stun client')),
  request('Binding with one unknown attribute', METHODS.Binding, w => w.flag(0x7f01)),
  request('Binding with twelve unknown attributes', METHODS.Binding, w => twelve(w)),
  request('Binding with CHANGE-REQUEST', METHODS.Binding, w => w.uint32(A.ChangeRequest, 6)),
  request('Binding with PADDING (400 bytes)', METHODS.Binding, w => w.raw(A.Padding, new Uint8Array(400))),
  request('Allocate, empty', METHODS.Allocate),
  request('Allocate with REQUESTED-TRANSPORT', METHODS.Allocate, transport),
  request('Allocate with REQUESTED-TRANSPORT and FINGERPRINT', METHODS.Allocate, w => transport(w).fingerprint()),
  request('Allocate with SOFTWARE (40 bytes)', METHODS.Allocate, padded),
  request('Allocate asking for TCP', METHODS.Allocate, w => w.raw(A.RequestedTransport, [6, 0, 0, 0])),
  request('Allocate, forged credentials', METHODS.Allocate, w => forged(transport(w))),
  request('Refresh', METHODS.Refresh),
  request('Refresh, forged credentials', METHODS.Refresh, forged),
  request('CreatePermission', METHODS.CreatePermission),
  request('CreatePermission, forged credentials', METHODS.CreatePermission, forged),
  request('ChannelBind', METHODS.ChannelBind),
  request('Connect', METHODS.Connect),
  request('ConnectionBind', METHODS.ConnectionBind),
  request('a method nobody knows', 0x7ff),
  message('Binding indication', METHODS.Binding, CLASSES.indication),
  message('Send indication', METHODS.Send, CLASSES.indication, w => w.raw(A.Data, new Uint8Array(40))),
  message('a success response', METHODS.Binding, CLASSES.success),
  message('an error response', METHODS.Allocate, CLASSES.error, w => w.errorCode(401)),
  { name: 'ChannelData', bytes: Uint8Array.from([0x40, 0, 0, 4, 1, 2, 3, 4]) },
  { name: 'Binding with a wrong FINGERPRINT', bytes: withWrongFingerprint() },
  { name: 'Binding cut short', bytes: request('', METHODS.Binding).bytes.subarray(0, 19) },
  { name: 'Binding of RFC 3489 (no cookie)', bytes: withoutCookie() },
  ms('Microsoft Allocate, bare', MS.AllocateRequest),
  ms('Microsoft Allocate of libnice', MS.AllocateRequest, w => w.uint32(MA.MsVersion, 1)),
  ms('Microsoft Allocate, forged credentials', MS.AllocateRequest, w => msForged(w)),
  ms('Microsoft Allocate with an attribute nobody knows', MS.AllocateRequest, w => msForged(w.raw(0x7f01, []))),
  ms('Microsoft Send', MS.SendRequest, w => msForged(w.raw(MA.Data, new Uint8Array(40)))),
  ms('Microsoft Set Active Destination', MS.SetActiveDestinationRequest, w => msForged(w)),
  ms('a Microsoft Data Indication', MS.DataIndication, w => w.raw(MA.Data, new Uint8Array(40))),
  ms('a Microsoft message nobody knows', 0x0777),
  { name: 'a DTLS ClientHello', bytes: Uint8Array.from([0x16, 0xfe, 0xff, ...new Uint8Array(60)]) },
  { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') },
  { name: 'an empty datagram', bytes: new Uint8Array(0) },
];

describe.each([
  ['127.0.0.1', 'IPv4'],
  ['::1', 'IPv6'],
])('over %s', address => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await createEdge({
      realm: 'example.test',
      external: { address, udp: 0, tcp: [], peers: { allow: ['127.0.0.0/8', '::1'] } },
      credentials: { secrets: ['north-wind'], users: { alice: 'wonderland' } },
    });
  });
  afterAll(() => edge.close());

  test.each(MESSAGES)('$name: at most twice comes back', async ({ name, bytes }) => {
    const answers = await answersTo(address, edge.ports.udp[0]!, bytes);
    const sum = answers.reduce((total, answer) => total + answer.length, 0);
    expect(sum).toBeLessThanOrEqual(BOUND * bytes.length);
    measured.push({ name, address, asked: bytes.length, answered: sum });
  });
});

test('docs/amplification.md says what was measured', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/amplification.md');
});

const measured: { name: string; address: string; asked: number; answered: number }[] = [];

function page(): string {
  const of = (name: string, address: string) => measured.find(m => m.name === name && m.address === address);
  const rows = MESSAGES.map(({ name, bytes }) => {
    const cells = ['127.0.0.1', '::1'].map(address => {
      const found = of(name, address);
      if (found === undefined || found.answered === 0) return 'silence';
      return `${found.answered} (${(found.answered / found.asked).toFixed(2)}x)`;
    });
    return `| ${name} | ${bytes.length} | ${cells.join(' | ')} |`;
  });
  return `# What strangers get back

Every message that can be sent without a password, and the answer over UDP, where a source address can be forged. Bytes are UDP payload.
Written and checked by \`test/whole/amplification.test.ts\`; the bound is ${BOUND.toFixed(1)}x, and each source network (/24, /56) has a budget of answers besides
(\`limits.answersPerSecond\`). Over TCP and TLS the address is proven, and answers are as long as they need to be.

| message | bytes | answer, IPv4 | answer, IPv6 |
|---|---:|---:|---:|
${rows.join('\n')}

Two silences are worth knowing. A bare 20-byte Binding over **IPv6** would need 44 bytes, more than twice it: a client that adds a FINGERPRINT
(8 bytes) is answered, and \`limits.amplification: 2.2\` answers all. An **Allocate without REQUESTED-TRANSPORT** is no request that any client makes.
The reasons are in [ADR 4](adr/0004-challenge-within-twice.md).
`;
}

function answersTo(address: string, port: number, bytes: Uint8Array): Promise<Buffer[]> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const answers: Buffer[] = [];
  return new Promise(resolve => {
    socket.on('message', answer => answers.push(answer));
    socket.send(bytes, port, address);
    setTimeout(() => socket.close(() => resolve(answers)), SILENCE_MILLIS);
  });
}

function request(name: string, method: number, build: Build = w => w): Message {
  return message(name, method, CLASSES.request, build);
}

function message(name: string, method: number, messageClass: number, build: Build = w => w): Message {
  const transaction = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
  return { name, bytes: build(new MessageWriter(new Uint8Array(1024), 0, method, messageClass, transaction)).message };
}

function ms(name: string, type: number, build: (w: MsMessageWriter) => MsMessageWriter = w => w): Message {
  const transaction = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  return { name, bytes: build(new MsMessageWriter(new Uint8Array(1024), 0, type, transaction)).message };
}

function msForged(w: MsMessageWriter): MsMessageWriter {
  return w
    .text(MA.Username, 'alice')
    .text(MA.Realm, 'example.test')
    .text(MA.Nonce, 'AAAAAAAA')
    .integrity(Buffer.from('no key of ours'));
}

function twelve(w: MessageWriter): MessageWriter {
  for (let type = 0x7f01; type <= 0x7f0c; type++) w.flag(type);
  return w;
}

function withWrongFingerprint(): Uint8Array {
  const { bytes } = request('', METHODS.Binding, w => w.fingerprint());
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
}

function withoutCookie(): Uint8Array {
  const { bytes } = request('', METHODS.Binding);
  bytes.fill(7, 4, 8);
  return bytes;
}
