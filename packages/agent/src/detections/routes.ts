import type { Detection } from '@runward/detect';
import { type ControlRequest, Lines, type Route } from '../control/router.js';
import type { DetectionHub } from './detection-hub.js';

/** Detections that wait for somebody who reads slowly; beyond it they are left out, and counted. */
const MOST_WAITING = 10_000;

/** `GET /v1/detections/stream`: each detection from now on, a line of JSON each; `{"missed": N}` for what did not fit. */
export const detectionRoutes = (hub: DetectionHub): readonly Route[] => [
  {
    method: 'GET',
    path: '/v1/detections/stream',
    answer: (request) => new Lines(detections(hub, request)),
  },
];

async function* detections(hub: DetectionHub, { signal }: ControlRequest): AsyncGenerator<unknown> {
  let waiting: Detection[] = [];
  let missed = 0;
  let wake = (): void => undefined;
  const stop = hub.follow((items) => {
    const room = Math.max(0, MOST_WAITING - waiting.length);
    missed += Math.max(0, items.length - room);
    waiting.push(...items.slice(0, room));
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      const batch = waiting;
      const leftOut = missed;
      waiting = [];
      missed = 0;
      yield* batch;
      if (leftOut > 0) yield { missed: leftOut };
      if (waiting.length > 0 || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
  }
}
