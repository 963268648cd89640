import { describe, expect, test } from 'vitest';
import { breachesOf } from './check-imports.ts';
import { scan } from './import-scan.ts';

const packages = { runtime: ['pino', '@fastify/static'], development: ['vitest', 'sallyport'] };
const breaches = (path: string, text: string) => breachesOf(path, text, packages);

describe('rooms', () => {
  test('a room opens the doors its row names', () => {
    expect(breaches('src/turn/allocation.ts', "import { METHODS } from '../wire/index.ts';")).toEqual([]);
    expect(breaches('src/server/edge.ts', "import { dgram } from '../dataplane/engines/index.ts';")).toEqual([]);
    expect(breaches('src/credentials/x.ts', "import type { C } from '../control/config/index.ts';")).toEqual([]);
  });

  test.each([
    ['src/wire/a.ts', '../turn/index.ts', 'wire may not import turn'],
    ['src/turn/a.ts', '../policy/index.ts', 'turn may not import policy'],
    ['src/policy/a.ts', '../dataplane/index.ts', 'policy may not import dataplane'],
    ['src/dataplane/a.ts', '../turn/index.ts', 'dataplane may not import turn'],
    ['src/dataplane/engines/a.ts', '../../turn/index.ts', 'dataplane/engines may not import turn'],
    ['src/turn/a.ts', '../dataplane/engines/index.ts', 'turn may not import dataplane/engines'],
    ['src/credentials/a.ts', '../control/index.ts', 'credentials may not import control'],
    ['src/control/a.ts', '../server/index.ts', 'control may not import server'],
    ['src/policy/a.ts', '../native/index.ts', 'policy may not import native'],
    ['src/server/a.ts', '../cli/main.ts', 'server may not import cli'],
    ['src/turn/a.ts', '../index.ts', 'turn may not import src'],
  ])('%s does not import %s', (path, from, what) => {
    expect(breaches(path, `import { x } from '${from}';`)).toEqual([`${path}:1: ${what} (${from})`]);
  });

  test('types, re-exports and dynamic imports are imports too, each told by its line', () => {
    const text =
      "import type { A } from '../turn/index.ts';\nexport * from '../sip/index.ts';\nconst b = import('../policy/index.ts');";
    const lines = breaches('src/wire/a.ts', text).map(breach => breach.split(' ')[0]);
    expect(lines).toEqual(['src/wire/a.ts:1:', 'src/wire/a.ts:2:', 'src/wire/a.ts:3:']);
  });

  test("another folder's files are reached through its door", () => {
    const text = "import type { Channel } from '../wire/ids.ts';";
    expect(breaches('src/turn/a.ts', text)).toEqual([
      'src/turn/a.ts:1: ../wire/ids.ts is behind a door: import wire/index.ts',
    ]);
    expect(breaches('src/server/a.ts', "import { x } from '../control/http/app.ts';")[0]).toContain('behind a door');
  });

  test("a folder's own files need no door, and a pure folder sees an inner one through its door only", () => {
    expect(breaches('src/wire/stun/a.ts', "import { x } from '../ids.ts';")).toEqual([]);
    expect(breaches('src/dataplane/engines/dgram.ts', "import { x } from '../clients.ts';")).toEqual([]);
    expect(breaches('src/control/drain.ts', "import { x } from './http/app.ts';")[0]).toContain(
      'control/http/index.ts',
    );
  });

  test('a folder without a row is a breach, not a hole', () => {
    expect(breaches('src/misc/a.ts', "import { x } from '../wire/index.ts';")[0]).toContain('import-rules.ts');
  });

  test('nothing shipped imports tests, and tests may look behind doors', () => {
    expect(breaches('src/turn/a.ts', "import { x } from '../../test/testkit/clock.ts';")[0]).toContain('outside src');
    expect(breaches('src/turn/a.ts', "import { x } from './b.test.ts';")[0]).toContain('is a test');
    expect(breaches('src/turn/a.test.ts', "import { x } from '../../test/testkit/clock.ts';")).toEqual([]);
    expect(breaches('src/turn/a.test.ts', "import { x } from '../wire/ids.ts';")).toEqual([]);
  });

  test('the web pages take types from the API and nothing else', () => {
    expect(breaches('web/call/main.tsx', "import type { IceServers } from '../../src/control/index.ts';")).toEqual([]);
    expect(breaches('web/call/main.tsx', "import { mint } from '../../src/credentials/index.ts';")[0]).toContain(
      'only types',
    );
  });
});

describe('modules', () => {
  test.each(['node:dgram', 'node:net', 'node:tls', 'node:process', 'node:child_process', 'node:dns/promises'])(
    '%s stays where the machine is touched',
    module => {
      const text = `import x from '${module}';`;
      expect(breaches('src/turn/a.ts', text)).toEqual([`src/turn/a.ts:1: turn may not use ${module}`]);
      expect(breaches('src/dataplane/a.ts', text)).toHaveLength(1);
      expect(breaches('src/control/a.ts', text)).toHaveLength(1);
      for (const room of ['dataplane/engines', 'control/http', 'server', 'cli']) {
        expect(breaches(`src/${room}/a.ts`, text)).toEqual([]);
      }
    },
  );

  test('their types are free, and modules that only compute are too', () => {
    expect(
      breaches('src/turn/a.ts', "import type { Socket } from 'node:net';\nimport { createHmac } from 'node:crypto';"),
    ).toEqual([]);
  });

  test('builtin modules are written with node:', () => {
    expect(breaches('src/wire/a.ts', "import { crc32 } from 'zlib';")[0]).toContain('write node:zlib');
  });

  test('what is shipped imports runtime dependencies only', () => {
    expect(breaches('src/server/a.ts', "import pino from 'pino';\nimport s from '@fastify/static/x.js';")).toEqual([]);
    expect(breaches('src/server/a.ts', "import { test } from 'vitest';")[0]).toContain('development dependency');
    expect(breaches('src/server/a.ts', "import x from 'left-pad';")[0]).toContain('not in package.json');
    expect(breaches('src/server/a.test.ts', "import { test } from 'vitest';")).toEqual([]);
  });
});

describe('globals', () => {
  test.each(['Date.now()', 'new Date()', 'performance.now()', 'console.log(1)', 'setTimeout(f, 1)', 'process.exit()'])(
    '%s is not for the pure folders',
    use => {
      for (const room of ['wire', 'turn', 'policy', 'credentials', 'dataplane']) {
        expect(breaches(`src/${room}/a.ts`, use)).toHaveLength(1);
      }
      expect(breaches('src/server/a.ts', use)).toEqual([]);
      expect(breaches('src/cli/a.ts', use)).toEqual([]);
    },
  );

  test('no draw of ours can be foretold, in tests of ours neither', () => {
    for (const room of ['wire', 'server', 'cli', 'dataplane/engines']) {
      expect(breaches(`src/${room}/a.ts`, 'const x = Math.random();')[0]).toContain('can be foretold');
    }
    expect(breaches('src/turn/a.test.ts', 'Math.random();')).toHaveLength(1);
    expect(breaches('src/server/a.ts', 'globalThis.Math.random();')).toHaveLength(1);
  });

  test('comments, strings, members, keys, types and dates of a given time are no uses', () => {
    const text = `
      // Date.now() and console
      const text = 'process.exit()';
      class A { process() {} setTimeout = 1; }
      const o = { process: 1, console() {} };
      type T = { performance: number; now: Date };
      new Date(5); o.process; new A().process();
      import { performance as p } from './clock.ts';
    `;
    expect(scan('src/turn/a.ts', text).globals).toEqual([]);
  });
});
