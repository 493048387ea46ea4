import type { Route } from '../control/router.js';
import type { LearningService } from './learning-service.js';

/** The sensor's thread answers between two batches of events. */
const TIMEOUT_MS = 15_000;

/** What `runward learn` asks. The workload is one part of the path, encoded. */
export function learningRoutes(service: LearningService): readonly Route[] {
  const workload = (parameters: ReadonlyMap<string, string>): string => parameters.get('workload') ?? '';
  return [
    {
      method: 'GET',
      path: '/v1/learn',
      timeoutMs: TIMEOUT_MS,
      answer: async () => ({ state: service.state, workloads: await service.list() }),
    },
    {
      method: 'GET',
      path: '/v1/learn/:workload',
      timeoutMs: TIMEOUT_MS,
      answer: ({ parameters }) => service.show(workload(parameters)),
    },
    {
      method: 'PUT',
      path: '/v1/learn/:workload',
      answer: ({ parameters }) => ({ workload: service.start(workload(parameters)) }),
    },
    {
      method: 'DELETE',
      path: '/v1/learn/:workload',
      timeoutMs: TIMEOUT_MS,
      answer: ({ parameters }) => service.stop(workload(parameters)),
    },
    {
      method: 'DELETE',
      path: '/v1/profiles/:workload',
      answer: ({ parameters }) => service.remove(workload(parameters)),
    },
  ];
}
