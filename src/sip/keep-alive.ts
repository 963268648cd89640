import { ATTRIBUTES, CLASSES, METHODS, MessageView, MessageWriter, parseIp, withPort } from '../wire/index.ts';
import type { Flow } from './flows.ts';

const view = new MessageView();
const ANSWER_LENGTH = 64;

/**
 * The answer to a STUN keep-alive among SIP messages (RFC 5626 §3.5.2, §8): a Binding request hears where it comes from. Anything
 * else hears nothing: this is no STUN server.
 */
export function keepAliveAnswer(bytes: Uint8Array, { remote }: Flow): Uint8Array | undefined {
  const isBinding = view.read(bytes, 0, bytes.length) === 'ok' && view.method === METHODS.Binding;
  const ip = parseIp(remote.host);
  if (!isBinding || view.class !== CLASSES.request || ip === undefined) return undefined;
  const answer = new MessageWriter(
    new Uint8Array(ANSWER_LENGTH),
    0,
    METHODS.Binding,
    CLASSES.success,
    view.transactionId,
  );
  answer.xorAddress(ATTRIBUTES.XorMappedAddress, withPort(ip, remote.port));
  return answer.bytes.subarray(0, answer.end);
}
