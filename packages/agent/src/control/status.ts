import type { Route } from './router.js';

/** What parts of the agent say of themselves, by the key it has in the status. */
export type StatusParts = ReadonlyMap<string, () => unknown>;

/** `GET /v1/status`: what runs here and how it is. Each part is asked when the status is. */
export function statusRoute(parts: StatusParts): Route {
  return {
    method: 'GET',
    path: '/v1/status',
    answer: async () => {
      const entries = [...parts].map(async ([key, tell]) => [key, await tell()] as const);
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}
