import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { NearSocket } from './near-socket.ts';

const soon = () => new Promise(resolve => setTimeout(resolve, 5));
const KILOBYTE = 1024;

const closed = (socket: NearSocket) => new Promise(resolve => socket.once('close', resolve));

async function heard(socket: NearSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('two ends of a connection without sockets', () => {
  test('hear each other, and the end of one direction leaves the other open', async () => {
    const [here, there] = NearSocket.pair();
    here.write('one, ');
    here.end('two');
    expect(await heard(there)).toBe('one, two');
    expect([here.closed, there.closed]).toEqual([false, false]);
    there.end('and back');
    expect(await heard(here)).toBe('and back');
    await soon();
    expect([here.closed, there.closed]).toEqual([true, true]);
  });

  test('who is not read is told to wait, soon, and nothing is lost', async () => {
    const [here, there] = NearSocket.pair();
    let sent = 0;
    while (here.write(Buffer.alloc(16 * KILOBYTE, sent))) {
      sent++;
      await soon();
    }
    expect(here.writableLength + there.readableLength).toBeLessThanOrEqual(256 * KILOBYTE);
    expect(sent).toBeGreaterThan(0);
    here.end();
    const got: number[] = [];
    there.on('data', (chunk: Buffer) => got.push(...new Set(chunk)));
    await once(there, 'end');
    expect(got).toEqual(Array.from({ length: sent + 1 }, (_, i) => i));
  });

  test('what is closed is heard out, and who writes to it breaks', async () => {
    const [here, there] = NearSocket.pair();
    here.write('last words');
    await soon();
    here.destroy();
    expect(await heard(there)).toBe('last words');
    there.write('too late');
    await closed(there);
    expect(there.errored).not.toBeNull();
  });

  test('who closes without having read what was said to it breaks the other', async () => {
    const [here, there] = NearSocket.pair();
    while (there.write(Buffer.alloc(64 * KILOBYTE))) await soon();
    here.destroy();
    await closed(there);
    expect(there.errored).not.toBeNull();
  });

  test('a reset breaks both at once', () => {
    const [here, there] = NearSocket.pair();
    here.write('never heard');
    here.resetAndDestroy();
    expect([here.destroyed, there.destroyed]).toEqual([true, true]);
  });
});
