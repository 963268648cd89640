import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccessFiles } from '../testkit/access-files.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { requires } from '../testkit/requires.ts';
import { SipPhone } from '../testkit/sip-phones.ts';
import { type SippRun, sipp, TlsTunnel } from './sipp.ts';

/** Enough that none of them has more devices than he may. */
const CROWD = Array.from({ length: 20 }, (_, i) => `user${i}`);

let files: AccessFiles;
let bench: EdgeBench;
let tunnel: TlsTunnel;
let bob: SipPhone | undefined;

beforeEach(async context => {
  requires(context, 'sipp');
  files = await AccessFiles.make();
  for (const name of CROWD) files.add(name);
  bench = await EdgeBench.start({ tls: files.tls, access: { users: files.users, tls: 0, wss: [] } });
  tunnel = await TlsTunnel.open(bench.edge.ports.access.tls[0]!, files.certificate);
});
afterEach(async () => {
  bob?.close();
  await tunnel?.close();
  await bench?.close();
  files?.remove();
});

test('two hundred registrations with digest, fifty a second, each over a connection of its own', async () => {
  await expectGood({
    scenario: 'register',
    calls: 200,
    perSecond: 50,
    users: CROWD.map(name => [name, `${name}-password`]),
  });
  expect(new Set(bench.logged('signed in').map(({ user }) => user)).size).toBe(20);
});

test('twenty calls: answered, changed by a second INVITE, and ended', async () => {
  const heard = await answering('answers');
  await expectGood({ scenario: 'call', calls: 20, perSecond: 10 });
  expect(heard.filter(method => method === 'INVITE')).toHaveLength(40);
  expect(heard.filter(method => method === 'ACK')).toHaveLength(40);
  expect(heard.filter(method => method === 'BYE')).toHaveLength(20);
});

test('a call that is taken back while it rings', async () => {
  const heard = await answering('rings');
  await expectGood({ scenario: 'cancel', calls: 5 });
  expect(heard.filter(method => method === 'CANCEL')).toHaveLength(5);
});

test('a callee who is busy', async () => {
  const heard = await answering('is busy');
  await expectGood({ scenario: 'busy', calls: 5 });
  expect(heard.filter(method => method === 'INVITE')).toHaveLength(5);
});

test('three guesses at a password, and the fourth is not even looked at; other users of that address still sign in', async () => {
  await expectGood({ scenario: 'lockout', users: [['alice', 'guess']] });
  await expectGood({ scenario: 'register', users: [['bob', 'bob-password']] });
  expect(bench.logged('locked out for a minute: too many wrong passwords')).toHaveLength(1);
});

async function expectGood(one: Pick<SippRun, 'scenario' | 'calls' | 'perSecond' | 'users'>): Promise<void> {
  const { status, output } = await sipp({ ...one, port: tunnel.port, folder: files.folder });
  const errors = join(files.folder, `${one.scenario}.errors`);
  expect(status, existsSync(errors) ? readFileSync(errors, 'utf8') : output).toBe(0);
}

/** bob, who does that with every call; the methods of what he hears. */
async function answering(how: 'answers' | 'rings' | 'is busy'): Promise<string[]> {
  const port = bench.edge.ports.access.tls[0]!;
  const phone = await SipPhone.overTls({ name: 'bob', port, certificate: files.certificate });
  bob = phone;
  await phone.signIn();
  const heard: string[] = [];
  void (async () => {
    const invites = new Map<string, Parameters<SipPhone['answer']>[0]>();
    for (;;) {
      const message = await phone.next();
      if (message.method === undefined) continue;
      heard.push(message.method);
      if (message.method === 'INVITE') {
        invites.set(message.callId, message);
        if (how === 'is busy') phone.answer(message, 486);
        else if (!message.to.params.has('tag')) phone.answer(message, 180);
        if (how === 'answers') phone.answer(message, 200, { Contact: '<sip:bob@bob.invalid>' });
      } else if (message.method === 'CANCEL') {
        phone.answer(message, 200);
        phone.answer(invites.get(message.callId)!, 487);
      } else if (message.method !== 'ACK') phone.answer(message, 200);
    }
  })();
  return heard;
}
