import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'] };
const ssr = { resolve };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          // To load the modules anew for each of hundreds of files costs more than the tests.
          isolate: false,
          maxWorkers: 2,
          include: ['packages/*/src/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          // Containers that live for milliseconds, on a machine that may be busy: whether a runtime still knows
          // one when it is asked is a matter of luck, which the agent reports as such.
          retry: 2,
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'vm',
          retry: 1,
          include: ['test/vm/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // An emulated machine runs on one processor, and the tests of it wait meanwhile.
          maxWorkers: 2,
        },
      },
    ],
  },
});
