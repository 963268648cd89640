/**
 * Runs what each packet passes through in `wire` a million times, and prints how many bytes of heap that took: `{"bytes": n}`.
 * Started with a young generation so large that nothing is collected meanwhile: growth is allocation.
 */
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  channelOf,
  FrameReader,
  isMsTurn,
  METHODS,
  MessageView,
  MessageWriter,
  MS_ATTRIBUTES,
  MS_FRAMES,
  MS_TYPES,
  MsMessageView,
  MsMessageWriter,
  parseIp,
  readMsSequenceNumber,
  readPeerAddress,
  readPlainAddress,
  withPort,
  writeChannelHeader,
  writeDataIndication,
  writeMsDataIndication,
} from '../../src/wire/index.ts';

const ROUNDS = 1_000_000;
const ID = new Uint8Array(12).fill(7);
const V4 = withPort(parseIp('192.0.2.1')!, 50000);
const V6 = withPort(parseIp('2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff')!, 50001);
const send = new MessageWriter(new Uint8Array(300), 0, METHODS.Send, CLASSES.indication, ID)
  .xorAddress(ATTRIBUTES.XorPeerAddress, V6)
  .raw(ATTRIBUTES.Data, new Uint8Array(172)).message;
const datagram = new Uint8Array(400);
const stream = Uint8Array.from([...send, 0x40, 1, 0, 2, 9, 9, 0, 0]);
const msId = new Uint8Array(16).fill(7);
const msSend = new MsMessageWriter(new Uint8Array(300), 0, MS_TYPES.SendRequest, msId)
  .address(MS_ATTRIBUTES.DestinationAddress, V4)
  .sequenceNumber(new Uint8Array(20), 7)
  .raw(MS_ATTRIBUTES.Data, new Uint8Array(172)).message;
const msStream = Uint8Array.from([2, 0, 0, msSend.length, ...msSend, 3, 0, 0, 2, 9, 9]);
const msView = new MsMessageView();
const msFrames = new FrameReader(2048, MS_FRAMES);
const view = new MessageView();
const peer = new AddressBuffer();
const frames = new FrameReader(2048);
let sum = 0; // kept a small integer: a greater one would itself be an object
const onFrame = (_: Uint8Array, start: number, end: number): void => {
  sum = (sum + end - start) | 0;
};

run(20_000); // compiled, and every shape seen
const before = process.memoryUsage().heapUsed;
run(ROUNDS);
const bytes = process.memoryUsage().heapUsed - before;
console.log(JSON.stringify({ bytes, rounds: ROUNDS, sum }));

function run(rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    if (view.read(send, 0, send.length) !== 'ok') throw new Error('the sample is no message');
    if (!readPeerAddress(view, view.find(ATTRIBUTES.XorPeerAddress), peer)) throw new Error('the sample has no peer');
    sum = (sum + view.offsetAt(view.find(ATTRIBUTES.Data)) + peer.port) | 0;
    sum = (sum + writeDataIndication(datagram, 64, 64 + 171, (i & 1) === 0 ? V4 : peer, ID)) | 0;
    const start = writeChannelHeader(datagram, 64, 0x4000 + (i & 0xfff), 172);
    sum = (sum + (channelOf(datagram, start, 64 + 172) as number)) | 0;
    frames.push(stream, onFrame);
    if (!isMsTurn(msSend, 0, msSend.length) || msView.read(msSend, 0, msSend.length) !== 'ok')
      throw new Error('no message');
    readPlainAddress(msView, msView.find(MS_ATTRIBUTES.DestinationAddress), peer);
    sum = (sum + peer.port + (readMsSequenceNumber(msView, msView.find(MS_ATTRIBUTES.MsSequenceNumber)) ?? 0)) | 0;
    sum = (sum + writeMsDataIndication(datagram, 64, 64 + 171, peer, msId)) | 0;
    msFrames.push(msStream, onFrame);
  }
}
