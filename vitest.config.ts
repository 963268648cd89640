import { defineConfig } from 'vitest/config';

/** Tests of running edges: real sockets, real time. One file at a time, so that none waits for another's load. */
const WHOLE = [
  'src/{server,cli}/**/*.test.ts',
  'src/control/http/**/*.test.ts',
  'test/{whole,options}/**/*.test.ts',
  'test/*.test.ts',
];

/**
 * `unit` is quick and is what `npm run check` runs; `whole` runs whole edges; `lab` does so in networks of its own; `interop` talks to
 * other software; `docs` runs what the docs say.
 */
export default defineConfig({
  test: {
    maxWorkers: 3, // most wait for time or sockets
    reporters: ['default', './scripts/counts-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,scripts,bench,web}/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', 'test/{interop,lab,docs}/**', ...WHOLE],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'whole',
          include: WHOLE,
          testTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2, // each network is its own, and most of the time is waiting for what must not come
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2, // the programs of others keep time of their own
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'docs',
          include: ['test/docs/**/*.test.ts'],
          testTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
