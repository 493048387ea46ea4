import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRuntimes } from './harness/index.js';

for (const make of allRuntimes) {
  const runtime = make();
  describe(`containers of ${runtime.name}`, () => {
    beforeAll(async () => {
      expect(await runtime.available()).toBeUndefined();
    });
    afterAll(() => runtime.close());

    it('print and exit with their own code', async () => {
      const done = await runtime.runToEnd({ args: ['sh', '-c', 'echo hi; echo oops >&2; exit 3'] });
      expect(done).toMatchObject({ code: 3, stdout: 'hi\n', stderr: 'oops\n' });
    });
  });
}
