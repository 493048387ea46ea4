import type { Detection } from '@runward/detect';
import { expect, test } from 'vitest';
import { Lines } from '../control/router.js';
import { DetectionHub } from './detection-hub.js';
import { detectionRoutes } from './routes.js';

function follow(hub: DetectionHub): { lines: AsyncIterator<unknown>; abort: AbortController } {
  const abort = new AbortController();
  const request = {
    ...{ peer: { pid: 1, uid: 0 }, parameters: new Map(), query: new URLSearchParams(), body: undefined },
    signal: abort.signal,
  };
  const answer = detectionRoutes(hub)[0]?.answer(request);
  if (!(answer instanceof Lines)) throw new Error('no lines');
  return { lines: answer.items[Symbol.asyncIterator](), abort };
}

// Of a detection the route looks at nothing.
const detection = (rule: string): Detection => ({ rule }) as Detection;

test('a follower gets what is detected from then on, in order, and nothing after it went away', async () => {
  const hub = new DetectionHub();
  hub.publish([detection('before')]);
  const { lines, abort } = follow(hub);
  const first = lines.next();
  hub.publish([detection('a'), detection('b')]);
  expect((await first).value).toEqual({ rule: 'a' });
  expect((await lines.next()).value).toEqual({ rule: 'b' });
  const last = lines.next();
  abort.abort();
  expect(await last).toEqual({ value: undefined, done: true });
  hub.publish([detection('after')]);
});

test('what a slow follower does not take is left out beyond a limit, and counted', async () => {
  const hub = new DetectionHub();
  const { lines, abort } = follow(hub);
  const first = lines.next();
  hub.publish([detection('first')]);
  await first;
  hub.publish(Array.from({ length: 10_003 }, () => detection('x')));
  for (let i = 0; i < 10_000; i += 1) expect((await lines.next()).value).toEqual({ rule: 'x' });
  expect((await lines.next()).value).toEqual({ missed: 3 });
  abort.abort();
});
