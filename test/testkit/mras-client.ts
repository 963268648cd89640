import { MRAS_NAMESPACE, MRAS_TYPE, PROVISIONING_EVENT, PROVISIONING_TYPE } from '../../src/wire/mras/index.ts';
import { MsReply, MsTalker } from './ms-talker.ts';
import type { SipPhone } from './sip-phones.ts';
import { overUdp, type TestPath } from './turn-client.ts';

/** What MRAS grants, read as pidgin-sipe does. */
export interface Granted {
  readonly username: Buffer;
  readonly password: Buffer;
  readonly durationMinutes: number;
  readonly relays: readonly {
    readonly location: string;
    readonly host: string;
    readonly udpPort: number;
    readonly tcpPort: number | undefined;
  }[];
}

/** The URI of MRAS, as a client is told it after its sign-in. */
export async function provisionedUri(phone: SipPhone): Promise<string> {
  const own = `sip:${phone.name}@${phone.domain}`;
  const headers = { To: `<${own}>`, Event: PROVISIONING_EVENT, Accept: PROVISIONING_TYPE, Expires: '0' };
  const said = await phone.ask('SUBSCRIBE', { uri: own, headers });
  return mrasUriIn(Buffer.from(said.body).toString());
}

export function mrasUriIn(document: string): string {
  return /<mrasUri>([^<]+)</.exec(document)![1]!;
}

/** Status and body of the answer to a request for credentials. */
export async function askMras(
  phone: SipPhone,
  uri: string,
  { location = 'internet', duration = 480, identity = `sip:${phone.name}@${phone.domain}` } = {},
): Promise<{ status: number | undefined; body: string }> {
  const asked = `<credentialsRequest credentialsRequestID="1"><identity>${identity}</identity><location>${location}</location><duration>${duration}</duration></credentialsRequest>`;
  const body = `<request xmlns="${MRAS_NAMESPACE}" requestID="1" version="1.0" from="sip:${phone.name}@${phone.domain}" to="${uri}">${asked}</request>`;
  const said = await phone.ask('SERVICE', { uri, headers: { To: `<${uri}>`, 'Content-Type': MRAS_TYPE }, body });
  return { status: said.status, body: Buffer.from(said.body).toString() };
}

export async function grantedBy(...args: Parameters<typeof askMras>): Promise<Granted> {
  const { status, body } = await askMras(...args);
  if (status !== 200) throw new Error(`MRAS said ${status}: ${body}`);
  const one = (name: string, text = body) => new RegExp(`<${name}>([^<]*)<`).exec(text)?.[1];
  return {
    username: Buffer.from(one('username')!, 'base64'),
    password: Buffer.from(one('password')!, 'base64'),
    durationMinutes: Number(one('duration')),
    relays: [...body.matchAll(/<mediaRelay>.*?<\/mediaRelay>/g)].map(([relay]) => ({
      location: one('location', relay)!,
      host: one('hostName', relay)!,
      udpPort: Number(one('udpPort', relay)),
      tcpPort: one('tcpPort', relay) === undefined ? undefined : Number(one('tcpPort', relay)),
    })),
  };
}

/** Allocates with a granted credential: the type of the answer, and its error code when it is one. The path stays open. */
export async function msAllocate(
  { username, password }: Pick<Granted, 'username' | 'password'>,
  port: number,
  host = '127.0.0.1',
): Promise<{ path: TestPath; code: number | undefined }> {
  const path = await overUdp(port, host);
  const talker = new MsTalker(username, password);
  const exchange = (request: Uint8Array) =>
    new Promise<MsReply>(resolve => {
      path.onMessage = bytes => resolve(new MsReply(bytes.slice()));
      path.send(request);
    });
  talker.learn(await exchange(talker.allocate()));
  const said = await exchange(talker.allocate());
  return { path, code: said.code };
}
