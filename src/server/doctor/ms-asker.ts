import { randomBytes } from 'node:crypto';
import {
  MS_ATTRIBUTES,
  MS_TYPES,
  MsMessageView,
  MsMessageWriter,
  msLongTermKey,
  readErrorCode,
  readText,
  verifyMsIntegrity,
  writeMsFrameHeader,
} from '../../wire/index.ts';
import type { ClientCredential } from '../turn-client.ts';
import type { Line } from './line.ts';

const FRAME_HEADER = 4;
const WAITS_MILLIS = [400, 800, 1_600];
/** Nothing depends on its answer. */
const RELEASE_MILLIS = 200;
const A = MS_ATTRIBUTES;

/** What an Allocate of the Microsoft dialect came to: the credential is a relay token, as base64 text. */
export async function allocateInMicrosoftDialect(
  line: Line,
  credential: ClientCredential,
): Promise<'accepted' | 'silent' | number> {
  const username = Buffer.from(credential.username, 'base64');
  const password = Buffer.from(credential.password, 'base64');
  const challenge = await exchange(line, () => {});
  if (challenge === undefined) return 'silent';
  const realm = readText(challenge, challenge.find(A.Realm)) ?? '';
  const nonce = readText(challenge, challenge.find(A.Nonce)) ?? '';
  const key = msLongTermKey('md5', username, realm, password);
  const signed = (lifetime?: number) => (w: MsMessageWriter) => {
    if (lifetime !== undefined) w.uint32(A.Lifetime, lifetime);
    w.text(A.Realm, realm).text(A.Nonce, nonce).raw(A.Username, username).integrity(key);
  };
  const answer = await exchange(line, signed());
  if (answer === undefined) return 'silent';
  const isSealed = verifyMsIntegrity(answer, 'sha1', key);
  const code = readErrorCode(answer, answer.find(A.ErrorCode))?.code;
  if (code !== undefined) return code;
  await exchange(line, signed(0), [RELEASE_MILLIS]); // gives it back
  return isSealed ? 'accepted' : 'silent';
}

async function exchange(
  line: Line,
  write: (w: MsMessageWriter) => void,
  waits: readonly number[] = WAITS_MILLIS,
): Promise<MsMessageView | undefined> {
  const transaction = randomBytes(16);
  const w = new MsMessageWriter(new Uint8Array(2_048), FRAME_HEADER, MS_TYPES.AllocateRequest, transaction);
  write(w.uint32(A.MsVersion, 1));
  const message = w.message;
  if (line.isStream) writeMsFrameHeader(w.bytes, 0, message.length, false);
  const bytes = line.isStream ? w.bytes.slice(0, w.end) : message.slice();
  return new Promise(resolve => {
    let timer: NodeJS.Timeout;
    let kept = Buffer.alloc(0);
    const settle = (view: MsMessageView | undefined) => {
      clearTimeout(timer);
      line.onBytes = () => {};
      resolve(view);
    };
    const send = (attempt: number) => {
      const wait = waits[attempt];
      if (wait === undefined) return settle(undefined);
      if (attempt === 0 || !line.isStream) line.send(bytes);
      timer = setTimeout(() => send(attempt + 1), wait);
    };
    line.onTrouble = () => line.isStream && settle(undefined);
    line.onBytes = chunk => {
      kept = line.isStream ? Buffer.concat([kept, chunk]) : Buffer.from(chunk);
      const view = answerIn(line.isStream ? framed(kept) : kept, transaction);
      if (view !== undefined) settle(view);
    };
    send(0);
  });
}

/** The message of the first frame, once it is whole; frames say their length at byte two. */
function framed(bytes: Buffer): Buffer {
  const length = bytes.length < FRAME_HEADER ? 0 : bytes.readUInt16BE(2);
  return length === 0 || bytes.length < FRAME_HEADER + length
    ? Buffer.alloc(0)
    : bytes.subarray(FRAME_HEADER, FRAME_HEADER + length);
}

function answerIn(bytes: Uint8Array, transaction: Uint8Array): MsMessageView | undefined {
  const view = new MsMessageView();
  if (view.read(bytes, 0, bytes.length) !== 'ok') return undefined;
  const id = bytes.subarray(4, 20);
  return Buffer.compare(id, transaction) === 0 ? view : undefined;
}
