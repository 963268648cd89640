import type { TransportAddress } from '../../src/wire/index.ts';
import { MsReply, MsTalker } from '../../test/testkit/ms-talker.ts';
import type { TestPath } from '../../test/testkit/turn-client.ts';

/** A client of the Microsoft dialect with an allocation, on a path that is its own. */
export async function msClient(path: TestPath): Promise<MsTalker> {
  const talker = new MsTalker('alice', 'wonderland');
  talker.learn(await answerTo(path, talker.allocate()));
  const allocated = talker.learn(await answerTo(path, talker.allocate()));
  if (allocated.code !== undefined) throw new Error(`Allocate: ${allocated.code}`);
  return talker;
}

/** From now on everything it sends but messages goes to this peer, and comes back bare. */
export async function msSetActive(path: TestPath, talker: MsTalker, peer: TransportAddress): Promise<void> {
  const answer = await answerTo(path, talker.setActive(peer));
  if (answer.code !== undefined) throw new Error(`Set Active Destination: ${answer.code}`);
}

function answerTo(path: TestPath, request: Uint8Array): Promise<MsReply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), 5_000);
    path.onMessage = bytes => {
      clearTimeout(timer);
      resolve(new MsReply(bytes));
    };
    path.send(request);
  });
}
