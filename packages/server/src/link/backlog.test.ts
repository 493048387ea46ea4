import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Backlog } from './backlog.js';

test('holds no more than its size and one thing, lets all through in the end, also behind what fails', async () => {
  const backlog = new Backlog(10);
  let [held, most] = [0, 0];
  const ends: (() => void)[] = [];
  const through: number[] = [];
  const all = Array.from({ length: 40 }, (_, at) =>
    backlog
      .hold(
        () => {
          if (at % 7 === 3) throw new Error('is no batch');
          held += 4;
          most = Math.max(most, held);
          return { size: 4 };
        },
        async () => {
          await new Promise<void>((resolve) => ends.push(resolve));
          held -= 4;
          through.push(at);
        },
      )
      .catch((error: unknown) => expect(String(error)).toMatch(/is no batch/)),
  );
  while (through.length < 34) {
    await setImmediate();
    for (const end of ends.splice(0)) end();
  }
  await Promise.all(all);
  expect(most).toBe(12);
  expect(new Set(through).size).toBe(34);
});
