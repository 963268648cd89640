import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isFree } from '../testkit/free-ports.ts';
import { pause } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import { ROOT } from './pages.ts';

test('npm start runs an edge that relays, prints what to paste, and stops with a summary', async context => {
  const free = await isFree('127.0.0.1', 3478);
  requires(context, 'npm', { name: 'UDP port 3478 on loopback', isMet: () => free });
  // A process group of its own, so that it can be interrupted as a terminal does it: npm does not pass signals on.
  const npm = spawn('npm', ['start'], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(npm, 'close');
  try {
    while (!output.includes('Ctrl-C') && npm.exitCode === null) await pause(50);
    const page = /(http:\/\/127\.0\.0\.1:8080\/)#token=\S+/.exec(output)?.[1];
    expect(page, output).toBeDefined();
    expect(output).toContain('"turn:127.0.0.1:3478?transport=udp"');
    expect(await (await fetch(`${page}readyz`)).json()).toMatchObject({ ready: true });
    expect(await (await fetch(page!)).text()).toContain('<script type="module"');
    expect(output).toMatch(/Phone of alice +http:\/\/127\.0\.0\.1:8080\/#tab=phone&user=alice&password=\S+/);
    expect(await (await fetch(`${page}v1/access`)).json()).toEqual({
      domain: 'example.test',
      webSocket: 'ws://127.0.0.1:8081/',
    });
  } finally {
    if (npm.exitCode === null) process.kill(-npm.pid!, 'SIGINT');
    await ended;
  }
  expect(output).toContain('Stopped after');
});
